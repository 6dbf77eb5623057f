package config

// Descriptions lets the tests compare the table with the schema.
func Descriptions() map[string]string { return descriptions() }
