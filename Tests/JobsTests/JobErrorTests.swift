import Jobs
import Shared
import SystemPackage
import TestSupport
import Testing

/// The libraries have one of their own.
private typealias ExitStatus = Jobs.ExitStatus

struct JobErrorTests {
  private typealias Row = (errno: Errno, status: ExitStatus, advice: String)
  private static let rows: [Row] = [
    (.noSpace, .cannotCreate, "free some space"),
    (.diskQuotaExceeded, .cannotCreate, "free some space"),
    (.fileTooLarge, .cannotCreate, ""),
    (.readOnlyFileSystem, .cannotCreate, ""),
    (.permissionDenied, .noPermission, "check its owner and mode"),
    (.notPermitted, .noPermission, "check its owner and mode"),
    (.noLocks, .unavailable, "local disk"),
    (.tooManyOpenFiles, .tryLater, ""),
    (.tooManyOpenFilesInSystem, .tryLater, ""),
    (.resourceTemporarilyUnavailable, .tryLater, ""),
    (.ioError, .ioError, ""),
    (.noSuchFileOrDirectory, .ioError, ""),
    (.isDirectory, .ioError, ""),
  ]

  @Test(arguments: rows)
  private func `a failed system call becomes an exit status and one line`(_ row: Row) {
    let error = JobError(FileError(operation: "rename", path: "/a/b", errno: row.errno))
    #expect(error.status == row.status)
    #expect(error.message.hasPrefix("rename /a/b: \(row.errno)"))
    #expect(error.message.contains(row.advice))
    #expect(error.message.contains(";") == !row.advice.isEmpty)
    #expect(!error.message.contains("\n"))
  }

  @Test func `an error object has the original's keys in their order`() throws {
    let error = JobError(.badData, "\"/a\" is damaged\n")
    #expect(error.json == #"{"ok":false,"error":"\"/a\" is damaged\n","code":"E_DATA"}"#)
  }

  @Test func `every status has a number and a code of its own`() {
    let all = ExitStatus.allCases
    #expect(Set(all.map(\.rawValue)).count == all.count)
    #expect(Set(all.map(\.code)).count == all.count)
    #expect(all.allSatisfy { (0...255).contains($0.rawValue) })
    #expect([ExitStatus.badData, .noInput, .unavailable].map(\.rawValue) == [65, 66, 69])
    #expect([ExitStatus.tryLater, .noPermission, .configuration].map(\.rawValue) == [75, 77, 78])
    #expect([ExitStatus.deadline, .interrupted, .terminated].map(\.rawValue) == [124, 130, 143])
  }

  @Test func `a report has its counts in order and its details only when there are some`() {
    var report = JobReport(
      job: "refresh-usage", outcome: .partial, summary: "1 refreshed",
      counts: [.init("refreshed", 1), .init("left", 2)])
    let start =
      #"{"ok":true,"job":"refresh-usage","outcome":"partial","summary":"1 refreshed","#
      + #""refreshed":1,"left":2"#
    #expect(report.json == start + "}")
    report.details = ["a  ses_1", "b"]
    #expect(report.json == start + #","details":["a  ses_1","b"]}"#)
  }
}
