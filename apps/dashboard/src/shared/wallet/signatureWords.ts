/** What a signature is for, told before the wallet opens: what it allows, what it cannot do, what it costs. */
export type SignatureWords = { title: string; allows: string }

const words: Record<string, SignatureWords> = {
  Order: {
    title: 'Sign the order',
    allows:
      'Asks providers for prices. It costs nothing and pays nobody: nothing is rented until you send the match that follows.',
  },
  Permit: {
    title: 'Sign a permit for the deposit',
    allows:
      'Lets the escrow contract take exactly this amount of this token, once, within the hour. The deposit is then one transaction instead of two.',
  },
  Extend: {
    title: 'Sign the permission to extend',
    allows: "Lets the lease's provider extend it, no further and for no more than you said.",
  },
  Session: {
    title: 'Let this browser speak for the lease',
    allows:
      'Names a key of this browser as the one that may read the logs, open terminals and send updates. It can never move money, and the newest one counts.',
  },
  SignIn: {
    title: 'Sign in at this gateway',
    allows:
      'Shows the gateway that the account is yours, for drafts and tokens. It is no transaction and moves nothing.',
  },
}

/** Words for an EIP-712 message by its primary type. */
export function signatureWords(primaryType: string): SignatureWords {
  return (
    words[primaryType] ?? { title: `Sign: ${primaryType}`, allows: 'Costs nothing; your wallet shows what it says.' }
  )
}
