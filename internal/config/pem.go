package config

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"github.com/dpconform/dpconform/internal/text"
)

// readPEM reads the PEM file of a flag. Of a file in another form, or with an
// encrypted key, the error has the command that converts it.
func (s *Sources) readPEM(flag, name string) ([]byte, error) {
	content, err := text.ReadBytes(name, text.LargestFile)
	if err != nil {
		return nil, s.mistake(flag, text.CheckPath(err), "%s: %s", name, text.Reason(err))
	}
	if form, command := binaryForm(content); form != "" {
		return nil, s.mistake(flag, "convert it: openssl "+command+" -in FILE -out FILE.pem", "%s is %s, not PEM", name, form)
	}
	if content, err = text.Decode(content); err != nil {
		return nil, s.mistake(flag, "give a PEM file", "%s: %s", name, text.Reason(err))
	}
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		// RFC 7468, 11, and the form before it: RFC 1421, 4.6.1.1.
		if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return nil, s.mistake(flag, "decrypt it: openssl pkey -in FILE -out FILE.pem", "the private key in %s is encrypted", name)
		}
	}
	return content, nil
}

// binaryForm knows what is in DER (X.690), all of which begins with a sequence,
// and the command of openssl that reads it.
func binaryForm(content []byte) (form, command string) {
	const sequence = 0x30
	if len(content) < 2 || content[0] != sequence || content[1] < 0x80 && int(content[1]) != len(content)-2 || bytes.Contains(content, []byte("-----BEGIN")) {
		return "", ""
	}
	if _, err := x509.ParseCertificate(content); err == nil {
		return "a certificate in DER", "x509 -inform der"
	}
	_, pkcs8 := x509.ParsePKCS8PrivateKey(content)
	_, pkcs1 := x509.ParsePKCS1PrivateKey(content)
	_, ec := x509.ParseECPrivateKey(content)
	if pkcs8 == nil || pkcs1 == nil || ec == nil {
		return "a private key in DER", "pkey -inform der"
	}
	return "in DER or PKCS#12", "pkcs12 -nodes"
}
