CREATE TABLE "tender_gateway"."blocks" (
	"block" bigint PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"timestamp" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."changes" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"told_at" bigint NOT NULL,
	"type" text NOT NULL,
	"tenant" text,
	"provider" bigint,
	"data" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."cursor" (
	"id" integer PRIMARY KEY NOT NULL,
	"chain_id" bigint NOT NULL,
	"order_book" text NOT NULL,
	"deploy_block" bigint NOT NULL,
	"deploy_hash" text NOT NULL,
	"block" bigint NOT NULL,
	"hash" text NOT NULL,
	"timestamp" bigint NOT NULL,
	"final_block" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."events" (
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"contract" text NOT NULL,
	"name" text NOT NULL,
	"args" jsonb NOT NULL,
	"lease" text,
	"provider" bigint,
	"order_hash" text,
	CONSTRAINT "events_position_pk" PRIMARY KEY("position")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."undo" (
	"block" bigint NOT NULL,
	"table_name" text NOT NULL,
	"key" text NOT NULL,
	"before" jsonb,
	CONSTRAINT "undo_block_table_name_key_pk" PRIMARY KEY("block","table_name","key")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."disputes" (
	"id" bigint PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"lease" text NOT NULL,
	"era" bigint NOT NULL,
	"opener" text NOT NULL,
	"bond" numeric(78, 0) NOT NULL,
	"evidence" text NOT NULL,
	"upheld" boolean,
	"returned" numeric(78, 0),
	"resolved_tx" text,
	"resolved_at" bigint
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."leaves" (
	"era" bigint NOT NULL,
	"root" text NOT NULL,
	"leaf" integer NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"hash" text NOT NULL,
	"data" jsonb NOT NULL,
	CONSTRAINT "leaves_era_root_leaf_pk" PRIMARY KEY("era","root","leaf")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."monitors" (
	"key" text PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"index" smallint,
	"weight" bigint NOT NULL,
	"next_weight" bigint NOT NULL,
	"next_from" bigint NOT NULL,
	"public_key" text,
	"addresses" jsonb NOT NULL,
	"left_at" bigint,
	"ejected" boolean NOT NULL,
	"signed" integer NOT NULL,
	"missed" integer NOT NULL,
	"slashed" numeric(78, 0) NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."provider_eras" (
	"provider" bigint NOT NULL,
	"era" bigint NOT NULL,
	"root" text NOT NULL,
	"score" integer NOT NULL,
	"inputs" jsonb,
	"rewards" numeric(78, 0) NOT NULL,
	"slashed" numeric(78, 0) NOT NULL,
	CONSTRAINT "provider_eras_provider_era_root_pk" PRIMARY KEY("provider","era","root")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."reports" (
	"era" bigint NOT NULL,
	"attempt" integer NOT NULL,
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"round" integer NOT NULL,
	"root" text NOT NULL,
	"data_hash" text NOT NULL,
	"covered_until" bigint NOT NULL,
	"covered_from" bigint NOT NULL,
	"effective_at" bigint NOT NULL,
	"vetoed_tx" text,
	"vetoed_at" bigint,
	"signers" jsonb NOT NULL,
	"signed_weight" bigint NOT NULL,
	"total_weight" bigint NOT NULL,
	CONSTRAINT "reports_era_attempt_pk" PRIMARY KEY("era","attempt")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."auction_bids" (
	"order_hash" text NOT NULL,
	"offer" text NOT NULL,
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"provider" bigint NOT NULL,
	"price" numeric(78, 0) NOT NULL,
	"rank" numeric(78, 0) NOT NULL,
	"state" text NOT NULL,
	"content" jsonb NOT NULL,
	CONSTRAINT "auction_bids_order_hash_offer_pk" PRIMARY KEY("order_hash","offer")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."auctions" (
	"order_hash" text PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"tenant" text NOT NULL,
	"asset" text NOT NULL,
	"resource" text NOT NULL,
	"units" bigint NOT NULL,
	"replicas" integer NOT NULL,
	"max_price" numeric(78, 0) NOT NULL,
	"auction_end" bigint NOT NULL,
	"expiry" bigint NOT NULL,
	"reserved" numeric(78, 0) NOT NULL,
	"state" text NOT NULL,
	"kept" jsonb NOT NULL,
	"opened" integer NOT NULL,
	"ended_tx" text,
	"content" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."cancellations" (
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"order_hash" text NOT NULL,
	"tenant" text NOT NULL,
	"nonce" numeric(78, 0) NOT NULL,
	CONSTRAINT "cancellations_position_pk" PRIMARY KEY("position")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."leases" (
	"id" text PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"order_hash" text NOT NULL,
	"offer" text NOT NULL,
	"replica" integer NOT NULL,
	"tenant" text NOT NULL,
	"provider" bigint NOT NULL,
	"payout" text NOT NULL,
	"asset" text NOT NULL,
	"resource" text NOT NULL,
	"units" bigint NOT NULL,
	"rate" numeric(78, 0) NOT NULL,
	"start" bigint NOT NULL,
	"latest_end" bigint NOT NULL,
	"kind" smallint NOT NULL,
	"tier" smallint NOT NULL,
	"uptime_bps" integer NOT NULL,
	"max_silence" bigint NOT NULL,
	"min_seconds" bigint NOT NULL,
	"notice_seconds" bigint NOT NULL,
	"start_window" bigint NOT NULL,
	"job_terms" text NOT NULL,
	"verifier" text NOT NULL,
	"end_at" bigint NOT NULL,
	"closed_at" bigint NOT NULL,
	"stop" bigint NOT NULL,
	"seconds_paid" bigint NOT NULL,
	"settled_until" bigint NOT NULL,
	"released" boolean NOT NULL,
	"by_time" boolean NOT NULL,
	"resolved" boolean NOT NULL,
	"reason" smallint NOT NULL,
	"evidence" text,
	"ended_tx" text,
	"resolved_tx" text,
	"deposited" numeric(78, 0) NOT NULL,
	"paid" numeric(78, 0) NOT NULL,
	"fee" numeric(78, 0) NOT NULL,
	"refunded" numeric(78, 0) NOT NULL,
	"credited" numeric(78, 0) NOT NULL,
	"credit_taken" numeric(78, 0) NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."matches" (
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"lease" text NOT NULL,
	"order_hash" text NOT NULL,
	"tenant" text NOT NULL,
	"provider" bigint NOT NULL,
	"asset" text NOT NULL,
	"resource" text NOT NULL,
	"units" bigint NOT NULL,
	"price" numeric(78, 0) NOT NULL,
	"duration" bigint NOT NULL,
	CONSTRAINT "matches_position_pk" PRIMARY KEY("position")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."orders" (
	"hash" text PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"seen_at" bigint NOT NULL,
	"tenant" text NOT NULL,
	"asset" text NOT NULL,
	"resource" text NOT NULL,
	"units" bigint NOT NULL,
	"replicas" integer NOT NULL,
	"max_price" numeric(78, 0) NOT NULL,
	"duration" bigint NOT NULL,
	"auction_end" bigint NOT NULL,
	"expiry" bigint NOT NULL,
	"content" jsonb NOT NULL,
	"brief" jsonb,
	"envelope" text NOT NULL,
	"matched_block" bigint,
	"cancelled_block" bigint
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."balances" (
	"account" text NOT NULL,
	"asset" text NOT NULL,
	"available" numeric(78, 0) NOT NULL,
	"in_leases" numeric(78, 0) NOT NULL,
	"in_auctions" numeric(78, 0) NOT NULL,
	CONSTRAINT "balances_account_asset_pk" PRIMARY KEY("account","asset")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."commissions" (
	"account" text PRIMARY KEY NOT NULL,
	"claimable" numeric(78, 0) NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."movements" (
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"leg" integer NOT NULL,
	"account" text NOT NULL,
	"ledger" text NOT NULL,
	"type" text NOT NULL,
	"asset" text NOT NULL,
	"amount" numeric(78, 0) NOT NULL,
	"counterparty" text,
	"lease" text,
	"order_hash" text,
	"provider" bigint,
	"pool" numeric(78, 0),
	CONSTRAINT "movements_position_leg_pk" PRIMARY KEY("position","leg")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."pools" (
	"pool" numeric(78, 0) PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"provider" bigint,
	"account" text,
	"assets" numeric(78, 0) NOT NULL,
	"locked" numeric(78, 0) NOT NULL,
	"shares" numeric(78, 0) NOT NULL,
	"unbonding" numeric(78, 0) NOT NULL,
	"generation" bigint NOT NULL,
	"commission_bps" integer NOT NULL,
	"next_commission_bps" integer NOT NULL,
	"next_commission_from" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."rewards" (
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"era" bigint NOT NULL,
	"provider" bigint,
	"monitor" text,
	"asset" text NOT NULL,
	"amount" numeric(78, 0) NOT NULL,
	CONSTRAINT "rewards_position_pk" PRIMARY KEY("position")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."settlements" (
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"lease" text NOT NULL,
	"tenant" text NOT NULL,
	"provider" bigint NOT NULL,
	"payout" text NOT NULL,
	"asset" text NOT NULL,
	"resource" text NOT NULL,
	"tier" smallint NOT NULL,
	"seconds" bigint NOT NULL,
	"paid" numeric(78, 0) NOT NULL,
	"fee" numeric(78, 0) NOT NULL,
	CONSTRAINT "settlements_position_pk" PRIMARY KEY("position")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."stakes" (
	"pool" numeric(78, 0) NOT NULL,
	"generation" bigint NOT NULL,
	"account" text NOT NULL,
	"shares" numeric(78, 0) NOT NULL,
	CONSTRAINT "stakes_pool_generation_account_pk" PRIMARY KEY("pool","generation","account")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."unbondings" (
	"request" numeric(78, 0) PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"pool" numeric(78, 0) NOT NULL,
	"generation" bigint NOT NULL,
	"account" text NOT NULL,
	"shares" numeric(78, 0) NOT NULL,
	"available_at" bigint NOT NULL,
	"by_slash" boolean NOT NULL,
	"withdrawn" numeric(78, 0)
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."api_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"secret" text NOT NULL,
	"account" text NOT NULL,
	"name" text NOT NULL,
	"scopes" jsonb NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint,
	"last_used_at" bigint,
	CONSTRAINT "api_tokens_secret" UNIQUE("secret")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."drafts" (
	"account" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"content" text NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	CONSTRAINT "drafts_account_id_pk" PRIMARY KEY("account","id")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."nonces" (
	"nonce" text PRIMARY KEY NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"account" text NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."assets" (
	"address" text PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"allowed" boolean NOT NULL,
	"symbol" text,
	"decimals" smallint,
	"rate" numeric(78, 0) NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."attestations" (
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"provider" bigint NOT NULL,
	"auditor" text NOT NULL,
	"result_bps" integer NOT NULL,
	"evidence" text NOT NULL,
	"expiry" bigint NOT NULL,
	CONSTRAINT "attestations_position_pk" PRIMARY KEY("position")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."capacity" (
	"provider" bigint NOT NULL,
	"resource" text NOT NULL,
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"committed" bigint NOT NULL,
	"leased" bigint NOT NULL,
	"stake_per_unit" numeric(78, 0) NOT NULL,
	"until" bigint NOT NULL,
	CONSTRAINT "capacity_provider_resource_pk" PRIMARY KEY("provider","resource")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."classes" (
	"resource" text PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"id" text NOT NULL,
	"listed" boolean NOT NULL,
	"stake_per_unit" numeric(78, 0) NOT NULL,
	"committed" bigint NOT NULL,
	"leased" bigint NOT NULL,
	"providers" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."contacts" (
	"provider" bigint PRIMARY KEY NOT NULL,
	"seen_at" bigint NOT NULL,
	"envelope" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."incidents" (
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"provider" bigint NOT NULL,
	"type" text NOT NULL,
	"lease" text,
	"reason" smallint,
	"amount" numeric(78, 0),
	CONSTRAINT "incidents_position_pk" PRIMARY KEY("position")
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."providers" (
	"id" bigint PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"owner" text NOT NULL,
	"operator" text,
	"payout" text NOT NULL,
	"country" text NOT NULL,
	"metadata" text NOT NULL,
	"status" smallint NOT NULL,
	"offer_epoch" bigint NOT NULL,
	"score" integer NOT NULL,
	"level" smallint NOT NULL,
	"level_valid_until" bigint NOT NULL,
	"ceiling" smallint NOT NULL,
	"collateralised" boolean NOT NULL,
	"leases" bigint NOT NULL,
	"rewarded" numeric(78, 0) NOT NULL,
	"slashed" numeric(78, 0) NOT NULL,
	"penalised" numeric(78, 0) NOT NULL,
	"credited" numeric(78, 0) NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tender_gateway"."settings" (
	"name" text PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"value" jsonb NOT NULL
);
--> statement-breakpoint
CREATE INDEX "changes_told_at" ON "tender_gateway"."changes" USING btree ("told_at");--> statement-breakpoint
CREATE INDEX "events_tx" ON "tender_gateway"."events" USING btree ("tx");--> statement-breakpoint
CREATE INDEX "events_lease" ON "tender_gateway"."events" USING btree ("lease","position");--> statement-breakpoint
CREATE INDEX "events_provider" ON "tender_gateway"."events" USING btree ("provider","position");--> statement-breakpoint
CREATE INDEX "events_order" ON "tender_gateway"."events" USING btree ("order_hash","position");--> statement-breakpoint
CREATE INDEX "disputes_lease" ON "tender_gateway"."disputes" USING btree ("lease");--> statement-breakpoint
CREATE INDEX "disputes_era" ON "tender_gateway"."disputes" USING btree ("era");--> statement-breakpoint
CREATE INDEX "leaves_subject" ON "tender_gateway"."leaves" USING btree ("kind","subject","era");--> statement-breakpoint
CREATE INDEX "monitors_index" ON "tender_gateway"."monitors" USING btree ("index");--> statement-breakpoint
CREATE INDEX "provider_eras_era" ON "tender_gateway"."provider_eras" USING btree ("era","provider");--> statement-breakpoint
CREATE INDEX "reports_position" ON "tender_gateway"."reports" USING btree ("position");--> statement-breakpoint
CREATE INDEX "auctions_position" ON "tender_gateway"."auctions" USING btree ("position");--> statement-breakpoint
CREATE INDEX "auctions_tenant" ON "tender_gateway"."auctions" USING btree ("tenant","position");--> statement-breakpoint
CREATE INDEX "cancellations_order" ON "tender_gateway"."cancellations" USING btree ("order_hash");--> statement-breakpoint
CREATE INDEX "leases_position" ON "tender_gateway"."leases" USING btree ("position");--> statement-breakpoint
CREATE INDEX "leases_tenant" ON "tender_gateway"."leases" USING btree ("tenant","position");--> statement-breakpoint
CREATE INDEX "leases_provider" ON "tender_gateway"."leases" USING btree ("provider","position");--> statement-breakpoint
CREATE INDEX "leases_resource" ON "tender_gateway"."leases" USING btree ("resource","position");--> statement-breakpoint
CREATE INDEX "leases_order" ON "tender_gateway"."leases" USING btree ("order_hash");--> statement-breakpoint
CREATE INDEX "leases_stop" ON "tender_gateway"."leases" USING btree ("stop","position");--> statement-breakpoint
CREATE INDEX "leases_tenant_stop" ON "tender_gateway"."leases" USING btree ("tenant","stop","position");--> statement-breakpoint
CREATE INDEX "leases_provider_stop" ON "tender_gateway"."leases" USING btree ("provider","stop","position");--> statement-breakpoint
CREATE INDEX "leases_resource_stop" ON "tender_gateway"."leases" USING btree ("resource","stop","position");--> statement-breakpoint
CREATE INDEX "matches_class" ON "tender_gateway"."matches" USING btree ("resource","asset","position");--> statement-breakpoint
CREATE INDEX "matches_class_at" ON "tender_gateway"."matches" USING btree ("resource","asset","at");--> statement-breakpoint
CREATE INDEX "matches_tenant" ON "tender_gateway"."matches" USING btree ("tenant","position");--> statement-breakpoint
CREATE INDEX "matches_provider" ON "tender_gateway"."matches" USING btree ("provider","position");--> statement-breakpoint
CREATE INDEX "matches_order" ON "tender_gateway"."matches" USING btree ("order_hash");--> statement-breakpoint
CREATE INDEX "orders_position" ON "tender_gateway"."orders" USING btree ("position");--> statement-breakpoint
CREATE INDEX "orders_tenant" ON "tender_gateway"."orders" USING btree ("tenant","position");--> statement-breakpoint
CREATE INDEX "orders_resource" ON "tender_gateway"."orders" USING btree ("resource","position");--> statement-breakpoint
CREATE INDEX "orders_expiry" ON "tender_gateway"."orders" USING btree ("expiry","position");--> statement-breakpoint
CREATE INDEX "movements_account" ON "tender_gateway"."movements" USING btree ("account","position","leg");--> statement-breakpoint
CREATE INDEX "movements_provider" ON "tender_gateway"."movements" USING btree ("provider","type","at");--> statement-breakpoint
CREATE INDEX "pools_provider" ON "tender_gateway"."pools" USING btree ("provider");--> statement-breakpoint
CREATE INDEX "pools_account" ON "tender_gateway"."pools" USING btree ("account");--> statement-breakpoint
CREATE INDEX "rewards_provider" ON "tender_gateway"."rewards" USING btree ("provider","position");--> statement-breakpoint
CREATE INDEX "rewards_monitor" ON "tender_gateway"."rewards" USING btree ("monitor","position");--> statement-breakpoint
CREATE INDEX "settlements_lease" ON "tender_gateway"."settlements" USING btree ("lease","position");--> statement-breakpoint
CREATE INDEX "settlements_provider" ON "tender_gateway"."settlements" USING btree ("provider","at");--> statement-breakpoint
CREATE INDEX "stakes_account" ON "tender_gateway"."stakes" USING btree ("account","pool");--> statement-breakpoint
CREATE INDEX "unbondings_account" ON "tender_gateway"."unbondings" USING btree ("account","request");--> statement-breakpoint
CREATE INDEX "unbondings_pool" ON "tender_gateway"."unbondings" USING btree ("pool","request");--> statement-breakpoint
CREATE INDEX "api_tokens_account" ON "tender_gateway"."api_tokens" USING btree ("account","id");--> statement-breakpoint
CREATE INDEX "drafts_updated_at" ON "tender_gateway"."drafts" USING btree ("account","updated_at");--> statement-breakpoint
CREATE INDEX "nonces_expires_at" ON "tender_gateway"."nonces" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "sessions_expires_at" ON "tender_gateway"."sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "attestations_provider" ON "tender_gateway"."attestations" USING btree ("provider","position");--> statement-breakpoint
CREATE INDEX "capacity_resource" ON "tender_gateway"."capacity" USING btree ("resource","provider");--> statement-breakpoint
CREATE INDEX "incidents_provider" ON "tender_gateway"."incidents" USING btree ("provider","position");--> statement-breakpoint
CREATE INDEX "providers_owner" ON "tender_gateway"."providers" USING btree ("owner");--> statement-breakpoint
CREATE INDEX "providers_operator" ON "tender_gateway"."providers" USING btree ("operator");--> statement-breakpoint
CREATE INDEX "providers_country" ON "tender_gateway"."providers" USING btree ("country","id");--> statement-breakpoint
CREATE INDEX "providers_status" ON "tender_gateway"."providers" USING btree ("status","id");