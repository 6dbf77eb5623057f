package admin

import (
	"slices"
	"time"
)

// Permission names what a caller must be allowed to do for one operation. The
// document carries it as x-permission.
type Permission string

// The permissions. PermPublic asks for no sign-in.
const (
	PermPublic       Permission = "public"
	PermRequestsRead Permission = "requests:read"
	PermConfigRead   Permission = "config:read"
	PermKeysRead     Permission = "keys:read"
	PermKeysWrite    Permission = "keys:write"
	PermStatusRead   Permission = "status:read"
)

// Permissions lists every permission a principal can hold.
func Permissions() []Permission {
	return []Permission{PermRequestsRead, PermConfigRead, PermKeysRead, PermKeysWrite, PermStatusRead}
}

// Principal is who a management call is made by.
type Principal struct {
	Name        string // for display and the log, e.g. "admin"
	Permissions []Permission
	Expires     time.Time // end of the session, UTC; zero when it does not end
}

// Can reports whether the principal holds the permission.
func (p Principal) Can(perm Permission) bool {
	return perm == PermPublic || slices.Contains(p.Permissions, perm)
}
