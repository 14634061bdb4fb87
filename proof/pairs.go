package proof

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/dpconform/dpconform/emulator"
)

// choosePairs draws pairs of different faults, the same for the same seed.
func choosePairs(table []emulator.Fault, count int, seed uint64) [][2]emulator.Fault {
	if len(table) < 2 {
		return nil
	}
	chance := rand.New(rand.NewPCG(seed, 1))
	pairs := make([][2]emulator.Fault, count)
	for i := range pairs {
		first := chance.IntN(len(table))
		second := chance.IntN(len(table) - 1)
		if second >= first {
			second++
		}
		pairs[i] = [2]emulator.Fault{table[first], table[second]}
	}
	return pairs
}

// provePair seeds two faults at the same time.
func (p *prover) provePair(ctx context.Context, pair [2]emulator.Fault) PairResult {
	result := PairResult{Faults: [2]string{pair[0].Name, pair[1].Name}, Named: []string{}}
	judged, err := p.judge(ctx, pair[0].Name+","+pair[1].Name)
	if err != nil {
		result.Reason = err.Error()
		return result
	}
	broken := judged.brokenRequirements("")
	for _, fault := range pair {
		switch {
		case slices.Contains(broken, fault.Breaks):
			result.Named = append(result.Named, fault.Name)
		case !p.showsAgain(fault, judged):
			result.Masked = append(result.Masked, fault.Name)
		default:
			result.Lost = append(result.Lost, fault.Name)
		}
	}
	return result
}

// showsAgain reports whether the requests that show a fault alone were answered
// alike beside another: then it can be seen. Otherwise the other one hides it,
// as a server that hangs up hides what it would have answered.
func (p *prover) showsAgain(fault emulator.Fault, together Judged) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	alone := p.alone[fault.Name]
	return together.sameAnswers(alone.Shown, alone)
}
