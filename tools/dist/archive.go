package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"time"
)

// file is a file of an archive.
type file struct {
	path       string
	content    []byte
	executable bool
}

func (f file) mode() int64 {
	if f.executable {
		return 0o755
	}
	return 0o644
}

// packedAt is the time of all files in archives: the first that zip can write.
var packedAt = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// tarGzip makes a .tar.gz whose bytes depend on the files alone.
func tarGzip(files []file) ([]byte, error) {
	var packed bytes.Buffer
	compressed, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	archive := tar.NewWriter(compressed)
	for _, one := range files {
		if err := archive.WriteHeader(&tar.Header{Name: one.path, Mode: one.mode(), Size: int64(len(one.content)), ModTime: packedAt, Format: tar.FormatUSTAR}); err != nil {
			return nil, err
		}
		if _, err := archive.Write(one.content); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	err = compressed.Close()
	return packed.Bytes(), err
}

// zipped makes a .zip whose bytes depend on the files alone.
func zipped(files []file) ([]byte, error) {
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	for _, one := range files {
		// The field of the old format has no zone; Modified would add one.
		header := &zip.FileHeader{Name: one.path, Method: zip.Deflate, ModifiedDate: 1<<5 | 1} //nolint:staticcheck // See above.
		header.CreatorVersion, header.ExternalAttrs = 3<<8, uint32(0o100000|one.mode())<<16
		writer, err := archive.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := writer.Write(one.content); err != nil {
			return nil, err
		}
	}
	err := archive.Close()
	return packed.Bytes(), err
}
