/// What a verifier checks is what the ledger writes: who imports the ledger has the formats of the verifier too.
@_exported public import AkashiVerifier
