package emulator

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// unusedID gives the id of a job that is started from another. It hangs on the
// seed, the other job and the count of its retries alone, so that the same
// requests give the same ids in whatever order the jobs are retried. The caller
// holds the lock.
func (s *jobStore) unusedID(seed uint64, retried *job) string {
	for count := uint64(retried.retries); ; count += 1 << 32 {
		id := newID(seed, retried.id, count)
		if _, taken := s.byID[id]; !taken {
			return id
		}
	}
}

// newID makes an id in the form of a UUID of version 8, the one for contents of
// one's own: https://www.rfc-editor.org/rfc/rfc9562.html#section-5.8
func newID(seed uint64, retried string, count uint64) string {
	text := binary.BigEndian.AppendUint64(nil, seed)
	text = binary.BigEndian.AppendUint64(text, count)
	sum := sha256.Sum256(append(text, retried...))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
