package conversation

import (
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// The bounds of metadata, in members and characters; they are OpenAI's.
const (
	maxMetadata      = 16
	maxMetadataName  = 64
	maxMetadataValue = 512
)

// metadata reads the member of that name, which is an object of strings; none
// is an empty one.
func metadata(doc *jsonspan.Doc, required bool) ([]byte, error) {
	v, ok := doc.Get("metadata")
	switch {
	case !ok && required:
		return nil, invalid("missing_required_parameter", "metadata", "Missing required parameter: 'metadata'.")
	case !ok || v.Kind() == 'n':
		return []byte("{}"), nil
	case v.Kind() != '{':
		return nil, invalid("invalid_type", "metadata", "Invalid type for 'metadata': expected an object of strings.")
	}
	n := 0
	for name, value := range wirejson.Members(v.Raw) {
		text, ok := wirejson.Text(value)
		param := "metadata." + clip(string(name))
		switch n++; {
		case !ok:
			return nil, invalid("invalid_type", param, "Invalid type for '%s': expected a string.", param)
		case n > maxMetadata:
			return nil, invalid("object_above_max_properties", "metadata", "'metadata' has more than %d members.", maxMetadata)
		case utf8.RuneCount(name) > maxMetadataName:
			return nil, invalid("string_above_max_length", param, "A name in 'metadata' has more than %d characters.", maxMetadataName)
		case utf8.RuneCountInString(text) > maxMetadataValue:
			return nil, invalid("string_above_max_length", param, "'%s' has more than %d characters.", param, maxMetadataValue)
		}
	}
	return v.Raw, nil
}
