package diff

import "github.com/dpconform/dpconform/internal/text"

func cut(words string, longest int) string { return text.Cut(words, longest) }

func safe(words string) string { return text.Printable(words) }
