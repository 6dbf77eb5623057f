// Package vault keeps what binds a model's thinking to its issuer while a
// conversation crosses protocols.
//
// Signatures on thinking, on calls and on text, redacted thinking and encrypted
// reasoning can only be verified by who issued them, and codecs write them only
// in the protocol they came by. A client of another protocol would lose them
// with the first answer, and the issuer would refuse the next request. So what
// the client's protocol can carry goes to the client in an envelope, an opaque
// text in the place of the client's own signatures, and what it cannot carry is
// stored under the ids of the answer's calls or under its text. When the
// conversation comes back to the issuer, everything is restored bit by bit;
// when it goes to another upstream, what that one cannot verify is taken out
// and nothing else.
//
// [Vault.Seal] and [Vault.Stream] work between an upstream's decoder and the
// client's encoder, [Vault.Open] between the client's decoder and an upstream's
// encoder. All of them work on canonical values only and know no codec.
//
// Envelopes and stored turns are sealed with the gateway's key ring and bound
// to a tenant: nobody can make one, read one or use that of another tenant. An
// envelope that does not open is what any foreign signature is: left out.
package vault
