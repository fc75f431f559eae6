import Testing
import Vocabulary

@testable import PDRouter

struct RetryCourseTests {
  @Test func `an engine's last word on when to come counts, until it is over`() {
    var course = RetryCourse()
    let (first, second) = (WorkerID(number: 1), WorkerID(number: 2))
    course.noteReturn(of: first, at: at(500))
    course.noteReturn(of: second, at: at(300))
    course.noteReturn(of: first, at: at(100))
    #expect(course.soonestReturn(after: at(0)) == at(100))
    #expect(course.soonestReturn(after: at(100)) == at(300))
    #expect(course.soonestReturn(after: at(300)) == nil)
    #expect(course.absent(at: at(99)).contains(first) && course.absent(at: at(99)).contains(second))
    #expect(!course.absent(at: at(100)).contains(first))
    #expect(course.absent(at: at(300)).isEmpty)
  }

  @Test func `pauses are counted from none`() {
    var course = RetryCourse()
    #expect((0..<3).map { _ in course.countPause() } == [0, 1, 2] && course.pauses == 3)
  }

  @Test
  func `the baseline's statuses may be tried again, and two of them say that an engine is full`() {
    let retried = (100..<600).filter(RetryableStatus.contains)
    #expect(retried == [408, 429, 500, 502, 503, 504])
    #expect((100..<600).filter(RetryableStatus.isFull) == [408, 429])
  }
}
