package authn

import (
	"net/http"
	"net/url"
	"strings"
)

// Credential is what a client presented. Its secret is never logged, recorded
// or echoed.
type Credential struct {
	Secret string
	Label  string // attribution, lower case, at most MaxLabel bytes
}

// MaxLabel bounds an attribution label, in bytes.
const MaxLabel = 64

// CredentialOf finds the client's key in the places that clients put it:
// Authorization (Bearer or bare), x-api-key, api-key, x-goog-api-key, and the
// query parameter key, in this order. ok is false when there is none.
func CredentialOf(h http.Header, u *url.URL) (c Credential, ok bool) {
	raw := fromAuthorization(h["Authorization"])
	for _, name := range [...]string{"X-Api-Key", "Api-Key", "X-Goog-Api-Key"} {
		if raw != "" {
			break
		}
		if v := h[name]; len(v) > 0 {
			raw = strings.TrimSpace(v[0])
		}
	}
	if raw == "" && u.RawQuery != "" {
		raw = u.Query().Get("key")
	}
	if raw == "" {
		return Credential{}, false
	}
	secret, label, _ := strings.Cut(raw, ":")
	return Credential{Secret: secret, Label: cleanLabel(label)}, true
}

func fromAuthorization(values []string) string {
	if len(values) == 0 {
		return ""
	}
	v := strings.TrimSpace(values[0])
	if scheme, rest, found := strings.Cut(v, " "); found {
		if strings.EqualFold(scheme, "bearer") {
			return strings.TrimSpace(rest)
		}
		return "" // Basic, Digest: not ours
	}
	if strings.EqualFold(v, "bearer") {
		return ""
	}
	return v
}

// cleanLabel lowers the label, drops what is not printable ASCII and cuts it.
func cleanLabel(s string) string {
	if s == "" {
		return ""
	}
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, strings.ToLower(s))
	return s[:min(len(s), MaxLabel)]
}
