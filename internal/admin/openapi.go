package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

type openAPIOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (a *api) openAPIRoutes() {
	document := sync.OnceValues(func() ([]byte, error) { return json.Marshal(a.huma.OpenAPI()) })
	register(a, PermStatusRead, huma.Operation{
		OperationID: "get-openapi", Method: http.MethodGet, Path: "/v0/openapi.json", Tags: []string{"Status"},
		Summary: "This document",
		Responses: map[string]*huma.Response{"200": {
			Description: "The OpenAPI 3.1 document",
			Content:     map[string]*huma.MediaType{"application/openapi+json": {Schema: &huma.Schema{Type: "object"}}},
		}},
	}, func(context.Context, *struct{}) (*openAPIOutput, error) {
		body, err := document()
		if err != nil {
			return nil, fmt.Errorf("admin: rendering the OpenAPI document: %w", err)
		}
		return &openAPIOutput{ContentType: "application/openapi+json", Body: body}, nil
	})
}
