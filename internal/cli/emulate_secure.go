package cli

import (
	"crypto/tls"
	"fmt"
	"net"

	"github.com/spf13/pflag"

	"github.com/dpconform/dpconform/internal/config"
	"github.com/dpconform/dpconform/internal/text"
)

// secureOptions say how the emulator serves TLS.
type secureOptions struct {
	certificate string
	key         string
	// tls is what was read of them; nil for none.
	tls *tls.Config
}

func (o *secureOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.certificate, "tls-cert", "", "serve TLS with the certificate in the PEM `FILE`")
	flags.StringVar(&o.key, "tls-key", "", "PEM `FILE` with the certificate's private key")
}

// read reads the certificate, where one is named.
func (o *secureOptions) read(sources *config.Sources) error {
	switch {
	case o.certificate == "" && o.key == "":
		return nil
	case o.key == "":
		return &text.UsageError{Place: sources.Origin("tls-cert"), Message: "a certificate without its key", Fix: "give --tls-key FILE"}
	case o.certificate == "":
		return &text.UsageError{Place: sources.Origin("tls-key"), Message: "a key without its certificate", Fix: "give --tls-cert FILE"}
	}
	pair, err := tls.LoadX509KeyPair(o.certificate, o.key)
	if err != nil {
		return &text.UsageError{Place: sources.Origin("tls-cert"), Message: fmt.Sprintf("%s and %s are no certificate with its key: %s", o.certificate, o.key, err)}
	}
	o.tls = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	return nil
}

// scheme is that of what is served.
func (o *secureOptions) scheme() string {
	if o.tls == nil {
		return "http"
	}
	return "https"
}

// flagsOfRun are those that lead a run to what is served.
func (o *secureOptions) flagsOfRun(endpoint string) string {
	if o.tls == nil {
		return "--endpoint " + endpoint
	}
	return "--endpoint " + endpoint + " --ca-cert " + o.certificate
}

// listener serves TLS on a listener, where it is wanted.
func (o *secureOptions) listener(plain net.Listener) net.Listener {
	if o.tls == nil {
		return plain
	}
	return tls.NewListener(plain, o.tls)
}
