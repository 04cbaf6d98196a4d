package emulator

import (
	"slices"
	"time"
)

// shelf keeps things that go after a while, and never more than limit of them: the oldest goes first.
// It is not safe for concurrent use: the server's lock guards it.
//
// Things are put on it with a lifetime that seldom changes, so the order of arrival is about the order
// of expiry, and dropping expired ones from the front keeps it small without a goroutine.
type shelf[V any] struct {
	limit   int
	byKey   map[string]*shelved[V]
	queue   []*shelved[V] // in the order of arrival; removed ones stay in it for a while
	dropped func(V)       // told what goes; may be nil
}

type shelved[V any] struct {
	key     string
	value   V
	expires time.Time // zero: never
	gone    bool
}

func newShelf[V any](limit int) *shelf[V] {
	return &shelf[V]{limit: limit, byKey: map[string]*shelved[V]{}}
}

func (s *shelf[V]) put(now time.Time, key string, value V, expires time.Time) {
	for len(s.queue) > 0 && (s.queue[0].gone || s.queue[0].over(now) || len(s.byKey) >= s.limit) {
		s.drop(s.queue[0])
		s.queue = s.queue[1:]
	}
	if len(s.queue) > 2*len(s.byKey)+64 {
		s.queue = slices.DeleteFunc(s.queue, func(v *shelved[V]) bool { return v.gone })
	}
	v := &shelved[V]{key: key, value: value, expires: expires}
	s.byKey[key] = v
	s.queue = append(s.queue, v)
}

func (s *shelf[V]) get(now time.Time, key string) (value V, ok bool) {
	v := s.byKey[key]
	if v == nil || v.over(now) {
		return value, false
	}
	return v.value, true
}

func (s *shelf[V]) remove(key string) {
	if v := s.byKey[key]; v != nil {
		s.drop(v)
	}
}

func (s *shelf[V]) drop(v *shelved[V]) {
	if v.gone {
		return
	}
	v.gone = true
	delete(s.byKey, v.key)
	if s.dropped != nil {
		s.dropped(v.value)
	}
}

// newest returns up to n values, the latest first.
func (s *shelf[V]) newest(n int) []V {
	var values []V
	for _, v := range slices.Backward(s.queue) {
		if len(values) == n {
			break
		}
		if !v.gone {
			values = append(values, v.value)
		}
	}
	return values
}

func (v *shelved[V]) over(now time.Time) bool {
	return !v.expires.IsZero() && !now.Before(v.expires)
}
