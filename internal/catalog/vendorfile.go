package catalog

import (
	"errors"
	"fmt"
	"maps"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// vendorFile is the form of a vendor's YAML file.
type vendorFile struct {
	ID           string                  `yaml:"id"`
	Name         string                  `yaml:"name"`
	Docs         string                  `yaml:"docs"`
	Auth         *authFile               `yaml:"auth"`
	Protocols    map[string]protocolFile `yaml:"protocols"`
	Models       []modelFile             `yaml:"models"`
	AllowPrivate bool                    `yaml:"allow_private"`
	BuiltIn      bool                    `yaml:"built_in"`
	Infer        []inferFile             `yaml:"infer"`
}

type protocolFile struct {
	BaseURL string    `yaml:"base_url"`
	Auth    *authFile `yaml:"auth"`
	Traits  []string  `yaml:"traits"`
}

type authFile struct {
	Kind   AuthKind `yaml:"kind"`
	Header string   `yaml:"header"`
}

type modelFile struct {
	Name string    `yaml:"name"`
	Type ModelType `yaml:"type"`
}

type inferFile struct {
	Host      string   `yaml:"host"`
	Path      string   `yaml:"path"`
	Protocols []string `yaml:"protocols"`
}

var vendorID = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// parseVendor reads one vendor's file. Unknown and duplicate keys are errors;
// so is an id that is not the file's name, since the name is how a person
// finds the vendor.
func parseVendor(id string, data []byte) (Vendor, error) {
	var f vendorFile
	if err := yaml.Load(data, &f, yaml.WithKnownFields(), yaml.WithUniqueKeys()); err != nil {
		return Vendor{}, fmt.Errorf("decode: %w", err)
	}
	v := Vendor{
		ID: f.ID, Name: f.Name, Docs: f.Docs, AllowPrivate: f.AllowPrivate, BuiltIn: f.BuiltIn,
		Protocols: make(map[llm.Protocol]string), ProtocolAuth: make(map[llm.Protocol]Auth),
	}
	var problems []error
	if f.ID != id || !vendorID.MatchString(f.ID) {
		problems = append(problems, fmt.Errorf("id is %q, want the file's name %q, made of a-z, 0-9 and single hyphens", f.ID, id))
	}
	if f.Name == "" {
		problems = append(problems, errors.New("name is missing"))
	}
	if f.Docs != "" {
		problems = append(problems, checkURL("docs", f.Docs))
	}
	problems = append(problems, v.setAuth(f), v.setProtocols(f), v.setModels(f.Models), v.setInfer(f.Infer))
	return v, errors.Join(problems...)
}

func (v *Vendor) setAuth(f vendorFile) error {
	v.Auth = Auth{Kind: AuthBearer}
	if f.Auth == nil {
		return nil
	}
	a, err := f.Auth.parse()
	if err != nil {
		return fmt.Errorf("auth: %w", err)
	}
	v.Auth = a
	return nil
}

func (f authFile) parse() (Auth, error) {
	switch f.Kind {
	case AuthHeader:
		if f.Header == "" {
			return Auth{}, errors.New("kind header needs a header")
		}
	case AuthBearer, AuthNone:
		if f.Header != "" {
			return Auth{}, fmt.Errorf("kind %s takes no header", f.Kind)
		}
	default:
		return Auth{}, fmt.Errorf("kind is %q, want bearer, header or none", f.Kind)
	}
	return Auth{Kind: f.Kind, Header: textproto.CanonicalMIMEHeaderKey(f.Header)}, nil
}

func (v *Vendor) setProtocols(f vendorFile) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(f.Protocols)) {
		p := f.Protocols[name]
		protocol := llm.Protocol(name)
		if !slices.Contains(Protocols(), protocol) {
			problems = append(problems, fmt.Errorf("protocols: %q is unknown, want one of %v", name, Protocols()))
			continue
		}
		if err := checkURL("protocols."+name+".base_url", p.BaseURL); err != nil {
			problems = append(problems, err)
			continue
		}
		v.Protocols[protocol] = p.BaseURL
		if len(p.Traits) > 0 {
			if v.Traits == nil {
				v.Traits = make(map[llm.Protocol][]string)
			}
			v.Traits[protocol] = p.Traits
		}
		if p.Auth != nil {
			a, err := p.Auth.parse()
			if err != nil {
				problems = append(problems, fmt.Errorf("protocols.%s.auth: %w", name, err))
			}
			v.ProtocolAuth[protocol] = a
		}
	}
	return errors.Join(problems...)
}

// checkURL accepts an absolute URL that carries neither credentials nor a
// query, and does not end in a slash (a path is appended to it).
func checkURL(field, s string) error {
	u, err := url.Parse(s)
	if err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	if u.Scheme == "" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(s, "/") {
		return fmt.Errorf("%s: %q is not an absolute URL without credentials, query, fragment and trailing slash", field, s)
	}
	return nil
}

func (v *Vendor) setModels(files []modelFile) error {
	seen := make(map[string]bool, len(files))
	for i, m := range files {
		if m.Type == "" {
			m.Type = ModelChat
		}
		if m.Name == "" || seen[m.Name] {
			return fmt.Errorf("models[%d]: name %q is empty or listed twice", i, m.Name)
		}
		if !slices.Contains(ModelTypes(), m.Type) {
			return fmt.Errorf("models[%d]: type is %q, want one of %v", i, m.Type, ModelTypes())
		}
		seen[m.Name] = true
		v.Models = append(v.Models, Model(m))
	}
	return nil
}

func (v *Vendor) setInfer(files []inferFile) error {
	for i, f := range files {
		if f.Host == "" || f.Host != strings.ToLower(f.Host) || strings.ContainsAny(f.Host, "/:") {
			return fmt.Errorf("infer[%d]: host %q is not a lower-case host name", i, f.Host)
		}
		if f.Path != "" && (!strings.HasPrefix(f.Path, "/") || strings.HasSuffix(f.Path, "/")) {
			return fmt.Errorf("infer[%d]: path %q does not start with a slash or ends with one", i, f.Path)
		}
		if len(f.Protocols) == 0 {
			return fmt.Errorf("infer[%d]: protocols is empty", i)
		}
		rule := Inference{Host: f.Host, Path: f.Path}
		for _, name := range f.Protocols {
			if !slices.Contains(Protocols(), llm.Protocol(name)) {
				return fmt.Errorf("infer[%d]: protocol %q is unknown, want one of %v", i, name, Protocols())
			}
			rule.Protocols = append(rule.Protocols, llm.Protocol(name))
		}
		v.Infer = append(v.Infer, rule)
	}
	return nil
}
