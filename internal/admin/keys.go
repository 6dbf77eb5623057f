package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/plexus-gateway/plexus/internal/authn"
)

// KeyView is a key without its secret. An empty allow list allows everything;
// an exclusion wins over an allowance; patterns use * for any characters.
type KeyView struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Comment string `json:"comment"`
	Hint    string `json:"hint" doc:"Last four characters of the secret"`
	Source  string `json:"source" enum:"config,database" doc:"A key of the configuration changes only there"`
	State   string `json:"state" enum:"active,disabled,expired"`

	AllowedModels     []string `json:"allowed_models" nullable:"false"`
	ExcludedModels    []string `json:"excluded_models" nullable:"false"`
	AllowedProviders  []string `json:"allowed_providers" nullable:"false"`
	ExcludedProviders []string `json:"excluded_providers" nullable:"false"`
	AllowedIPs        []string `json:"allowed_ips" nullable:"false"`

	RequestsPerMinute int  `json:"requests_per_minute" doc:"0 means unlimited"`
	MaxConcurrency    int  `json:"max_concurrency" doc:"0 means unlimited"`
	StrictFidelity    bool `json:"strict_fidelity" doc:"refuse requests that only a lossy conversion could serve"`

	ExpiresAt  *time.Time `json:"expires_at,omitempty"`
	DisabledAt *time.Time `json:"disabled_at,omitempty"`
	CreatedAt  *time.Time `json:"created_at,omitempty" doc:"Absent for keys of the configuration"`
}

// KeyInput creates a key. Everything but the name is optional.
type KeyInput struct {
	Name              string     `json:"name" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$" patternDescription:"lower-case letters, digits, dot, dash and underscore" doc:"Unique"`
	Comment           string     `json:"comment,omitempty" maxLength:"500"`
	AllowedModels     []string   `json:"allowed_models,omitempty" nullable:"false" maxItems:"200"`
	ExcludedModels    []string   `json:"excluded_models,omitempty" nullable:"false" maxItems:"200"`
	AllowedProviders  []string   `json:"allowed_providers,omitempty" nullable:"false" maxItems:"200"`
	ExcludedProviders []string   `json:"excluded_providers,omitempty" nullable:"false" maxItems:"200"`
	AllowedIPs        []string   `json:"allowed_ips,omitempty" nullable:"false" maxItems:"200" doc:"Address, CIDR, or from-to range"`
	RequestsPerMinute int        `json:"requests_per_minute,omitempty" minimum:"0"`
	MaxConcurrency    int        `json:"max_concurrency,omitempty" minimum:"0"`
	StrictFidelity    bool       `json:"strict_fidelity,omitempty"`
	ExpiresAt         *time.Time `json:"expires_at,omitempty"`
}

// KeyPatch changes a key: an absent member is left as it is.
type KeyPatch struct {
	Comment           *string             `json:"comment,omitempty" maxLength:"500"`
	AllowedModels     *[]string           `json:"allowed_models,omitempty" nullable:"false" maxItems:"200"`
	ExcludedModels    *[]string           `json:"excluded_models,omitempty" nullable:"false" maxItems:"200"`
	AllowedProviders  *[]string           `json:"allowed_providers,omitempty" nullable:"false" maxItems:"200"`
	ExcludedProviders *[]string           `json:"excluded_providers,omitempty" nullable:"false" maxItems:"200"`
	AllowedIPs        *[]string           `json:"allowed_ips,omitempty" nullable:"false" maxItems:"200"`
	RequestsPerMinute *int                `json:"requests_per_minute,omitempty" minimum:"0"`
	MaxConcurrency    *int                `json:"max_concurrency,omitempty" minimum:"0"`
	StrictFidelity    *bool               `json:"strict_fidelity,omitempty"`
	ExpiresAt         Nullable[time.Time] `json:"expires_at,omitzero" doc:"null removes the expiry"`
	Disabled          *bool               `json:"disabled,omitempty"`
}

// KeyCreated is the one answer that holds a secret.
type KeyCreated struct {
	Key    KeyView `json:"key"`
	Secret string  `json:"secret" doc:"Shown this once; only a keyed hash is stored"`
}

// KeyName is the path parameter of one key.
type KeyName struct {
	Name string `path:"name" maxLength:"64" doc:"The key's name"`
}

type (
	keysOutput struct {
		Body struct {
			Items []KeyView `json:"items" nullable:"false"`
		}
	}
	createKeyInput   struct{ Body KeyInput }
	keyCreatedOutput struct{ Body KeyCreated }
	keyOutput        struct{ Body KeyView }
	patchKeyInput    struct {
		KeyName
		Body KeyPatch
	}
)

func (a *api) keyRoutes() {
	register(a, PermKeysRead, huma.Operation{
		OperationID: "list-keys", Method: http.MethodGet, Path: "/v0/keys", Tags: []string{"Keys"},
		Summary: "Keys of the configuration and the database",
	}, a.listKeys)
	register(a, PermKeysWrite, huma.Operation{
		OperationID: "create-key", Method: http.MethodPost, Path: "/v0/keys", Tags: []string{"Keys"},
		Summary: "Create a key", Description: "Answers the secret once. It cannot be read again.",
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, a.createKey)
	register(a, PermKeysWrite, huma.Operation{
		OperationID: "update-key", Method: http.MethodPatch, Path: "/v0/keys/{name}", Tags: []string{"Keys"},
		Summary: "Change, disable or enable a key", Description: "Takes effect for the next request.",
		Errors: []int{http.StatusNotFound, http.StatusConflict},
	}, a.updateKey)
	register(a, PermKeysWrite, huma.Operation{
		OperationID: "delete-key", Method: http.MethodDelete, Path: "/v0/keys/{name}", Tags: []string{"Keys"},
		Summary: "Revoke a key for good", DefaultStatus: http.StatusNoContent,
		Errors: []int{http.StatusNotFound, http.StatusConflict},
	}, a.deleteKey)
}

func (a *api) listKeys(ctx context.Context, _ *struct{}) (*keysOutput, error) {
	keys, err := a.Keys.List(ctx)
	if err != nil {
		return nil, err
	}
	out := &keysOutput{}
	out.Body.Items = make([]KeyView, len(keys))
	for i := range keys {
		out.Body.Items[i] = a.viewKey(&keys[i])
	}
	return out, nil
}

func (a *api) createKey(ctx context.Context, in *createKeyInput) (*keyCreatedOutput, error) {
	b := &in.Body
	if b.ExpiresAt != nil && !b.ExpiresAt.After(a.Now()) {
		return nil, &InvalidError{Field: "expires_at", Message: "must lie in the future"}
	}
	key, secret, err := a.Keys.Create(ctx, NewKey{Name: b.Name, Comment: b.Comment, KeyRules: KeyRules{
		AllowedModels: b.AllowedModels, ExcludedModels: b.ExcludedModels,
		AllowedProviders: b.AllowedProviders, ExcludedProviders: b.ExcludedProviders, AllowedIPs: b.AllowedIPs,
		RequestsPerMinute: b.RequestsPerMinute, MaxConcurrency: b.MaxConcurrency, StrictFidelity: b.StrictFidelity, ExpiresAt: utc(b.ExpiresAt),
	}})
	if err != nil {
		return nil, err
	}
	a.Log.InfoContext(ctx, "key created", "key", key.Name, "by", callerOf(ctx).principal.Name)
	return &keyCreatedOutput{Body: KeyCreated{Key: a.viewKey(&key), Secret: secret}}, nil
}

func (a *api) updateKey(ctx context.Context, in *patchKeyInput) (*keyOutput, error) {
	b := &in.Body
	change := KeyChange{
		Comment: b.Comment, AllowedModels: b.AllowedModels, ExcludedModels: b.ExcludedModels,
		AllowedProviders: b.AllowedProviders, ExcludedProviders: b.ExcludedProviders, AllowedIPs: b.AllowedIPs,
		RequestsPerMinute: b.RequestsPerMinute, MaxConcurrency: b.MaxConcurrency, StrictFidelity: b.StrictFidelity, Disabled: b.Disabled,
	}
	if b.ExpiresAt.Set {
		expires := utc(b.ExpiresAt.Value)
		change.ExpiresAt = &expires
	}
	key, err := a.Keys.Update(ctx, in.Name, change)
	if err != nil {
		return nil, err
	}
	a.Log.InfoContext(ctx, "key changed", "key", key.Name, "by", callerOf(ctx).principal.Name)
	return &keyOutput{Body: a.viewKey(&key)}, nil
}

func (a *api) deleteKey(ctx context.Context, in *KeyName) (*struct{}, error) {
	if err := a.Keys.Revoke(ctx, in.Name); err != nil {
		return nil, err
	}
	a.Log.InfoContext(ctx, "key revoked", "key", in.Name, "by", callerOf(ctx).principal.Name)
	return nil, nil //nolint:nilnil // huma: no error and no output is 204
}

func (a *api) viewKey(k *authn.Key) KeyView {
	return KeyView{
		ID: k.ID, Name: k.Name, Comment: k.Comment, Hint: k.Hint, Source: string(k.Source), State: a.keyState(k),
		AllowedModels: present(k.AllowedModels), ExcludedModels: present(k.ExcludedModels),
		AllowedProviders: present(k.AllowedProviders), ExcludedProviders: present(k.ExcludedProviders),
		AllowedIPs: present(k.AllowedIPs), RequestsPerMinute: k.RequestsPerMinute, MaxConcurrency: k.MaxConcurrency, StrictFidelity: k.StrictFidelity,
		ExpiresAt: utc(k.ExpiresAt), DisabledAt: utc(k.DisabledAt), CreatedAt: utc(&k.CreatedAt),
	}
}

func (a *api) keyState(k *authn.Key) string {
	switch {
	case k.DisabledAt != nil:
		return "disabled"
	case k.ExpiresAt != nil && !k.ExpiresAt.After(a.Now()):
		return "expired"
	default:
		return "active"
	}
}
