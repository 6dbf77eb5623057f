package admin

import "sync"

// streams knows the open live streams by session, so that signing out ends
// them at once on this process.
type streams struct {
	mu   sync.Mutex
	open map[string]map[chan struct{}]struct{}
}

func newStreams() *streams {
	return &streams{open: map[string]map[chan struct{}]struct{}{}}
}

// add registers a stream and returns the channel that closes when its session
// is signed out, and a function to call when the stream ends by itself.
func (s *streams) add(token string) (signedOut <-chan struct{}, release func()) {
	ch := make(chan struct{})
	if token == "" { // a bearer secret cannot be signed out
		return ch, func() {}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[token] == nil {
		s.open[token] = map[chan struct{}]struct{}{}
	}
	s.open[token][ch] = struct{}{}
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open[token], ch)
		if len(s.open[token]) == 0 {
			delete(s.open, token)
		}
	}
}

// end ends every stream of the session.
func (s *streams) end(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ch := range s.open[token] {
		close(ch)
	}
	delete(s.open, token)
}
