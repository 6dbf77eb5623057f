package relay

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/vault"
)

// origin is who the attempt's upstream is, for what only it can verify.
func (a *attempt) origin() vault.Origin {
	return vault.Origin{Protocol: a.protocol, Vendor: a.provider.Vendor, Provider: a.provider.Slug}
}

func (l *codecLane) turn(a *attempt) vault.Turn {
	return vault.Turn{Tenant: a.x.key.Key.ID, From: a.origin(), Client: a.x.protocol, Request: l.asked}
}

// unseal makes the conversation fit for the upstream: what it issued is put
// back, what it cannot verify is taken out.
func (l *codecLane) unseal(a *attempt, req *llm.Request) *llm.Request {
	if v := a.x.relay.o.Vault; v != nil {
		opened, losses, err := v.Open(a.ctx, a.x.key.Key.ID, req, a.origin())
		if err != nil { // the conversation goes on without what was kept
			a.x.relay.o.Logger.Warn("the reasoning vault could not be read", "request", a.x.rec.ID, "err", err)
		}
		l.losses = append(l.losses, losses...)
		req = opened
	}
	if !l.unsigned {
		return req
	}
	var lost llm.Losses
	lost.Drop("reasoning_signature", "")
	l.losses = append(l.losses, lost.List...)
	return vault.Strip(req)
}

// seal makes a whole answer fit for a client of another protocol.
func (l *codecLane) seal(a *attempt, r *llm.Response) *llm.Response {
	v := a.x.relay.o.Vault
	if v == nil {
		return r
	}
	sealed, err := v.Seal(a.x.ctx(), l.turn(a), r)
	a.vaultFailed(err)
	return sealed
}

// sealStream returns the vault's stage of a stream, nil when there is none.
func (l *codecLane) sealStream(a *attempt) *vault.Stream {
	v := a.x.relay.o.Vault
	if v == nil || a.protocol == a.x.protocol {
		return nil
	}
	return v.Stream(l.turn(a))
}

// vaultFailed notes a vault that could not keep something: the answer is
// right all the same, only a later turn will lack its thinking.
func (a *attempt) vaultFailed(err error) {
	if err != nil {
		a.x.relay.o.Logger.Warn("the reasoning vault could not keep an answer's reasoning", "request", a.x.rec.ID, "err", err)
	}
}

// unverifiable reports whether an upstream refused the conversation because it
// cannot verify what another account or vendor signed. The APIs have no code
// for it but OpenAI's.
func unverifiable(e *llm.Error) bool {
	if e.Kind != llm.KindInvalid || e.Upstream == nil {
		return false
	}
	if e.Upstream.Code == "invalid_encrypted_content" {
		return true
	}
	text := strings.ToLower(e.Upstream.Message)
	return strings.Contains(text, "signature") && (strings.Contains(text, "thinking") || strings.Contains(text, "thought")) ||
		strings.Contains(text, "expected `thinking`") ||
		strings.Contains(text, "encrypted content") && strings.Contains(text, "verif")
}
