package fakeupstream

import (
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// kept is what the provider stores: answers with the conversations that led to
// them, and single items.
type kept struct {
	mu    sync.Mutex
	talks map[string][]jsontext.Value // by response id
	items map[string]jsontext.Value   // by item id
}

func newKept() *kept {
	return &kept{talks: map[string][]jsontext.Value{}, items: map[string]jsontext.Value{}}
}

// keep stores an answer.
func (k *kept) keep(asked responsesAsked, items []responseItem) {
	k.mu.Lock()
	defer k.mu.Unlock()
	talk := slices.Clone(asked.talk)
	for i := range items {
		v := items[i].value("completed", true)
		raw := jsontext.Value(emit(v))
		talk = append(talk, raw)
		k.items[items[i].id] = raw
	}
	k.talks[asked.id] = talk
}

// recall returns the input with what it refers to in place of the references;
// nil when the input is no list, and refers to nothing.
func (k *kept) recall(q *responsesRequest) ([]jsontext.Value, *refusal) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var before []jsontext.Value
	if id := q.PreviousResponseID; id != nil {
		talk, ok := k.talks[*id]
		if !ok {
			return nil, &refusal{
				status: http.StatusBadRequest, code: "previous_response_not_found", param: "previous_response_id",
				message: "Previous response with id '" + *id + "' not found.",
			}
		}
		before = slices.Clone(talk)
	}
	var items []jsontext.Value
	if q.Input.Kind() == '"' {
		return append(before, jsontext.Value(emit(fields{"role", "user", "content", q.Input}))), nil
	}
	if json.Unmarshal(q.Input, &items) != nil {
		return before, nil
	}
	for i, raw := range items {
		a := at{[]string{"input", strconv.Itoa(i)}, raw}
		kind := a.peek("type")
		reference := kind == "item_reference" || kind == "" && a.peek("role") == "" && a.peek("id") != "" // its type may be left out
		if !reference {
			before = append(before, raw)
			continue
		}
		item, no := k.reference(a)
		if no != nil {
			return nil, no
		}
		before = append(before, item)
	}
	return before, nil
}

func (k *kept) reference(a at) (jsontext.Value, *refusal) {
	var r struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}
	if f := a.strictly(&r); f != nil {
		return nil, openAIFlaw(f)
	}
	item, ok := k.items[r.ID]
	if !ok {
		return nil, &refusal{status: http.StatusNotFound, param: "input", message: "Item with id '" + r.ID + "' not found."}
	}
	return item, nil
}
