package emulator

import (
	"container/list"
	"time"
)

// shelf keeps things that go after a while, and never more than limit of them: the oldest goes first.
// It is not safe for concurrent use: the server's lock guards it.
//
// Things are put on it with a lifetime that seldom changes, so the order of arrival is about the order
// of expiry, and dropping expired ones from the front keeps it small without a goroutine.
type shelf[V any] struct {
	limit int
	byKey map[string]*list.Element
	order *list.List
	gone  func(V) // called when a thing is dropped for age or room
}

type shelved[V any] struct {
	key     string
	value   V
	expires time.Time // zero: never
}

func newShelf[V any](limit int) *shelf[V] {
	return &shelf[V]{limit: limit, byKey: map[string]*list.Element{}, order: list.New()}
}

func (s *shelf[V]) put(now time.Time, key string, value V, expires time.Time) {
	for front := s.order.Front(); front != nil; front = s.order.Front() {
		if s.order.Len() < s.limit && !front.Value.(*shelved[V]).over(now) {
			break
		}
		s.drop(front)
	}
	s.byKey[key] = s.order.PushBack(&shelved[V]{key, value, expires})
}

func (s *shelf[V]) get(now time.Time, key string) (value V, ok bool) {
	e := s.byKey[key]
	if e == nil || e.Value.(*shelved[V]).over(now) {
		return value, false
	}
	return e.Value.(*shelved[V]).value, true
}

func (s *shelf[V]) remove(key string) {
	if e := s.byKey[key]; e != nil {
		s.drop(e)
	}
}

func (s *shelf[V]) drop(e *list.Element) {
	gone := s.order.Remove(e).(*shelved[V])
	delete(s.byKey, gone.key)
	if s.gone != nil {
		s.gone(gone.value)
	}
}

// newest returns up to n values, the latest first.
func (s *shelf[V]) newest(n int) []V {
	var values []V
	for e := s.order.Back(); e != nil && len(values) < n; e = e.Prev() {
		values = append(values, e.Value.(*shelved[V]).value)
	}
	return values
}

func (v *shelved[V]) over(now time.Time) bool {
	return !v.expires.IsZero() && !now.Before(v.expires)
}
