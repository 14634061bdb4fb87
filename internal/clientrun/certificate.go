package clientrun

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"time"

	"github.com/dpconform/dpconform/internal/scenario"
)

// certificateLife is longer than any run.
const certificateLife = 48 * time.Hour

// newCertificate makes an authority for one run and a certificate of it for the
// loopback addresses, or one that a client has to reject. The key of the authority
// is thrown away.
func newCertificate(wrong scenario.Certificate) (certificate tls.Certificate, authority []byte, err error) {
	now := time.Now()
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "dpconform, for one run"},
		NotBefore: now.Add(-certificateLife), NotAfter: now.Add(certificateLife),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, NotBefore: root.NotBefore, NotAfter: root.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	switch wrong {
	case scenario.WrongHost:
		leaf.Subject.CommonName, leaf.DNSNames, leaf.IPAddresses = "other.example", []string{"other.example"}, nil
	case scenario.Expired:
		leaf.NotAfter = now.Add(-time.Hour)
	}
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	key, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(err, err2); err != nil {
		return certificate, nil, err
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	leafDER, err2 := x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), rootKey)
	if err := errors.Join(err, err2); err != nil {
		return certificate, nil, err
	}
	certificate = tls.Certificate{Certificate: [][]byte{leafDER, rootDER}, PrivateKey: key}
	if wrong == scenario.UnknownAuthority {
		// The client is given an authority, and it is not that of the certificate.
		_, authority, err = newCertificate("")
		return certificate, authority, err
	}
	return certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER}), nil
}
