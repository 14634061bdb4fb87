package redact

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// What a search costs depends on the text, not on how many tokens are known, also
// where all of them begin alike.
func TestASearchCostsTheSameForManyTokens(t *testing.T) {
	t.Parallel()
	token := func(i int) string { return fmt.Sprintf("ya29.token-for-https://www.googleapis.com/auth/scope.%05d", i) }
	work := func(tokens, repeats int) (lookups, found int) {
		var index Index
		for i := range tokens {
			index.Add(token(i), "")
		}
		text := strings.Repeat(token(1)+" "+token(99999)+" and a word ", repeats)
		lookups = index.find(lowered(text), func(int, int, string) bool {
			found++
			return true
		})
		return lookups, found
	}
	few, _ := work(10, 100)
	if many, found := work(10_000, 100); many != few || found != 100 {
		t.Errorf("%d lookups for 10,000 tokens, %d for 10, %d found", many, few, found)
	}
	if longer, _ := work(10, 400); longer != 4*few {
		t.Errorf("%d lookups in a text, %d in one that is four times as long", few, longer)
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	var empty, index Index
	for _, text := range []string{"short", "longer", "longer-still", "longer-STILL-more"} {
		index.Add(text, text)
	}
	var found []string
	index.find("short longer-still-more longer-stil longer-still longe", func(_, _ int, meaning string) bool {
		found = append(found, meaning)
		return true
	})
	if got := strings.Join(found, " "); got != "longer-STILL-more longer longer-still" {
		t.Errorf("found %s", got)
	}
	if empty.Contains("longer") || !index.Contains("a LONGER b") || index.Contains("short") {
		t.Error("found what is not there, or not what is")
	}
}

// BenchmarkHostile reads bodies that were made to be slow: what a byte costs must
// not grow with the length.
func BenchmarkHostile(b *testing.B) {
	redactor := NewRedactor(map[string]string{"ya29.token-of-a-run": Mark + ":maps"})
	message := func(text string) func(int) string {
		return func(length int) string {
			quoted, _ := json.Marshal(strings.Repeat(text, length/len(text)))
			return `{"message":` + string(quoted) + `}`
		}
	}
	for name, body := range map[string]func(int) string{
		"objects":    func(n int) string { return strings.Repeat(`{"error":`, n/10) + "1" + strings.Repeat("}", n/10) },
		"arrays":     func(n int) string { return strings.Repeat("[", n) },
		"elements":   func(n int) string { return strings.Repeat("<div>", n/5) },
		"parameters": message("access_token="), "cookies": message("Set-Cookie: a=b; "), "lists": message(`cookies": [`), "names": message("token "),
		"escapes": message("%25"), "quotes": message(`"token":"`), "keys": message("-----BEGIN PRIVATE KEY-----"), "tokens": message("ya29.token-of-a-"),
	} {
		for _, length := range []int{16 << 10, 64 << 10} {
			text := body(length)
			b.Run(fmt.Sprintf("%s/%d", name, length), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					redactor.Body(text)
				}
			})
		}
	}
}
