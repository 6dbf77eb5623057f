package config

import (
	"fmt"
	"regexp"
	"strings"
)

// LookupEnv returns the value of an environment variable and whether it is
// set, like os.LookupEnv. A nil LookupEnv knows no variable.
type LookupEnv func(name string) (value string, ok bool)

func (l LookupEnv) get(name string) (string, bool) {
	if l == nil {
		return "", false
	}
	return l(name)
}

var (
	envName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	secretRef = regexp.MustCompile(`^\$\{secret:([A-Za-z0-9._-]+)\}$`)
)

// expand replaces ${NAME} and ${NAME:-default} by the environment's values and
// $$ by $. Any other $ stands for itself, so that a password may hold one. A
// default serves a variable that is unset or empty, as in a shell. What was
// put in is not expanded again. The problems never quote the text, which may
// be a secret; they name variables only.
func expand(text string, env LookupEnv) (string, []string) {
	if !strings.Contains(text, "$") {
		return text, nil
	}
	var out strings.Builder
	var problems []string
	for {
		head, rest, found := strings.Cut(text, "$")
		out.WriteString(head)
		switch {
		case !found:
			return out.String(), problems
		case strings.HasPrefix(rest, "$"):
			out.WriteByte('$')
			text = rest[1:]
		case strings.HasPrefix(rest, "{"):
			inner, after, closed := strings.Cut(rest[1:], "}")
			if !closed {
				return out.String(), append(problems, "${ is not closed by }; write $$ for a plain $")
			}
			value, problem := variable(inner, env)
			if problem != "" {
				problems = append(problems, problem)
			}
			out.WriteString(value)
			text = after
		default:
			out.WriteByte('$')
			text = rest
		}
	}
}

// variable returns the value of what stands between ${ and }.
func variable(inner string, env LookupEnv) (value, problem string) {
	if strings.HasPrefix(inner, "secret:") {
		return "", "${secret:NAME} stands only as the whole value of an api_key or of a header"
	}
	name, fallback, hasFallback := strings.Cut(inner, ":-")
	if !envName.MatchString(name) {
		return "", "${…} holds no name of an environment variable; write $$ for a plain $"
	}
	value, ok := env.get(name)
	switch {
	case hasFallback && value == "":
		return fallback, ""
	case !ok:
		return "", fmt.Sprintf("environment variable %s is not set", name)
	default:
		return value, ""
	}
}
