CREATE TABLE "tender_gateway"."jobs" (
	"lease" text PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"block" bigint NOT NULL,
	"tx" text NOT NULL,
	"at" bigint NOT NULL,
	"tenant" text NOT NULL,
	"provider" bigint NOT NULL,
	"state" text NOT NULL,
	"terms" jsonb,
	"begun" jsonb,
	"progress" jsonb,
	"result" jsonb,
	"anchor" bigint,
	"reanchors" smallint NOT NULL,
	"draws" jsonb NOT NULL,
	"challenge" jsonb,
	"recalled" jsonb,
	"draw_until" bigint,
	"challenge_until" bigint,
	"verdict_until" bigint,
	"passed" boolean,
	"judged" jsonb,
	"split" jsonb,
	"ended" jsonb,
	"charged" numeric(78, 0) NOT NULL,
	"to_validators" numeric(78, 0) NOT NULL,
	"returned" numeric(78, 0) NOT NULL,
	"penalised" numeric(78, 0) NOT NULL
);
--> statement-breakpoint
CREATE INDEX "jobs_position" ON "tender_gateway"."jobs" USING btree ("position");--> statement-breakpoint
CREATE INDEX "jobs_tenant" ON "tender_gateway"."jobs" USING btree ("tenant","position");--> statement-breakpoint
CREATE INDEX "jobs_provider" ON "tender_gateway"."jobs" USING btree ("provider","position");--> statement-breakpoint
CREATE INDEX "jobs_state" ON "tender_gateway"."jobs" USING btree ("state","position");--> statement-breakpoint
CREATE INDEX "jobs_passed" ON "tender_gateway"."jobs" USING btree ("passed");--> statement-breakpoint
-- A market that has jobs already is read from the chain anew. What was heard and what people keep here stays.
DO $$
BEGIN
	IF EXISTS (SELECT 1 FROM "tender_gateway"."leases" WHERE "kind" = 1) THEN
		TRUNCATE "tender_gateway"."events", "tender_gateway"."matches", "tender_gateway"."cancellations", "tender_gateway"."movements",
			"tender_gateway"."rewards", "tender_gateway"."settlements", "tender_gateway"."incidents", "tender_gateway"."attestations",
			"tender_gateway"."leases", "tender_gateway"."auctions", "tender_gateway"."auction_bids", "tender_gateway"."providers",
			"tender_gateway"."capacity", "tender_gateway"."classes", "tender_gateway"."assets", "tender_gateway"."settings",
			"tender_gateway"."balances", "tender_gateway"."pools", "tender_gateway"."stakes", "tender_gateway"."unbondings",
			"tender_gateway"."commissions", "tender_gateway"."reports", "tender_gateway"."monitors", "tender_gateway"."disputes",
			"tender_gateway"."cursor", "tender_gateway"."blocks", "tender_gateway"."undo";
	END IF;
END $$;
