package admin

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/plexus-gateway/plexus/internal/record"
)

// Problem types (RFC 9457 section 3.1.1). Clients branch and translate on
// these, never on the detail text.
const (
	ProblemUnauthenticated = "urn:plexus:problem:unauthenticated"
	ProblemWrongSecret     = "urn:plexus:problem:wrong-secret" //nolint:gosec // a problem type, not a credential
	ProblemTooManyAttempts = "urn:plexus:problem:too-many-attempts"
	ProblemForbidden       = "urn:plexus:problem:forbidden"
	ProblemCrossOrigin     = "urn:plexus:problem:cross-origin"
	ProblemInvalid         = "urn:plexus:problem:invalid"
	ProblemBadCursor       = "urn:plexus:problem:bad-cursor"
	ProblemRequestNotFound = "urn:plexus:problem:request-not-found"
	ProblemKeyNotFound     = "urn:plexus:problem:key-not-found"
	ProblemKeyExists       = "urn:plexus:problem:key-exists"
	ProblemKeyReadOnly     = "urn:plexus:problem:key-read-only"
	ProblemNoSuchRoute     = "urn:plexus:problem:no-such-route"
	ProblemMethod          = "urn:plexus:problem:method-not-allowed"
	ProblemInternal        = "urn:plexus:problem:internal"
)

// problem makes an RFC 9457 error of the type.
func problem(status int, typ, detail string) *huma.ErrorModel {
	return &huma.ErrorModel{Type: typ, Title: http.StatusText(status), Status: status, Detail: detail}
}

// problemOf translates the errors that ports promise; ok is false for any other.
func problemOf(err error) (p *huma.ErrorModel, ok bool) {
	var invalid *InvalidError
	var model *huma.ErrorModel
	switch {
	case errors.As(err, &model):
		return model, true
	case errors.As(err, &invalid):
		p = problem(http.StatusUnprocessableEntity, ProblemInvalid, "validation failed")
		p.Errors = []*huma.ErrorDetail{{Location: "body." + invalid.Field, Message: invalid.Message}}
		return p, true
	case errors.Is(err, ErrUnauthenticated):
		return problem(http.StatusUnauthorized, ProblemUnauthenticated, "sign in first, or send the admin secret as a bearer token"), true
	case errors.Is(err, record.ErrNotFound):
		return problem(http.StatusNotFound, ProblemRequestNotFound, "no request has this id; it may have been removed by retention"), true
	case errors.Is(err, record.ErrBadCursor):
		return problem(http.StatusBadRequest, ProblemBadCursor, "the cursor does not belong to this sort order; start again without one"), true
	case errors.Is(err, ErrKeyNotFound):
		return problem(http.StatusNotFound, ProblemKeyNotFound, "no key has this name"), true
	case errors.Is(err, ErrKeyExists):
		return problem(http.StatusConflict, ProblemKeyExists, "a key of this name exists already"), true
	case errors.Is(err, ErrKeyReadOnly):
		return problem(http.StatusConflict, ProblemKeyReadOnly, "this key is declared in the configuration file; change it there"), true
	default:
		return nil, false
	}
}

// scrubProblem is a huma transformer: it types the problems huma makes itself
// and removes the offending values it would echo, because one may be a secret.
func scrubProblem(_ huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	clean := *model
	clean.Errors = make([]*huma.ErrorDetail, 0, len(model.Errors))
	for _, e := range model.Errors {
		if e != nil {
			clean.Errors = append(clean.Errors, &huma.ErrorDetail{Location: e.Location, Message: e.Message})
		}
	}
	if clean.Type == "" {
		clean.Type = ProblemInvalid
		if clean.Status >= http.StatusInternalServerError {
			clean.Type = ProblemInternal
		}
	}
	return &clean, nil
}

// writeProblem answers outside of huma: unknown routes and refused origins.
func writeProblem(w http.ResponseWriter, p *huma.ErrorModel) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	// The only possible error is a client that went away.
	_ = json.NewEncoder(w).Encode(p)
}
