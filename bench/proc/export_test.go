package proc

// What the tests see of the inside.
var (
	ParseCPU    = parseCPU // of systems this one may not be
	ParseLayout = parseLayout
)
