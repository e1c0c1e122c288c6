import Shared
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

struct IncidentsTests {
  private let folder: TemporaryFolder
  private let incidents: Incidents
  private let start = Timestamp(milliseconds: 1_790_000_000_000)

  init() throws {
    folder = try TemporaryFolder("incidents")
    incidents = Incidents(folder.at("state/incidents"))
  }

  private func isSaid(_ message: String, after seconds: Int, of subject: String = "job") -> Bool {
    incidents.shouldSay(message, of: subject, now: start + .seconds(seconds))
  }

  @Test("A failure is said once, and again after a day")
  func onceADay() {
    #expect(isSaid("disk full", after: 0))
    #expect(!isSaid("disk full", after: 60))
    #expect(!isSaid("disk full", after: 86_399))
    #expect(isSaid("disk full", after: 86_400))
    #expect(!isSaid("disk full", after: 86_460))
  }

  @Test("Another failure is said at once, and two that alternate are each said once")
  func alternating() {
    #expect(isSaid("disk full", after: 0))
    #expect(isSaid("no such program", after: 60))
    #expect(!isSaid("disk full", after: 120))
    #expect(!isSaid("no such program", after: 180))
  }

  @Test("The same failure with another number in it is the same")
  func numbers() {
    #expect(isSaid("3 of 5 failed at 10:00", after: 0))
    #expect(!isSaid("4 of 5 failed at 10:01", after: 60))
  }

  @Test("What is well again ends its incidents, and those of nobody else")
  func ended() {
    #expect(isSaid("disk full", after: 0))
    #expect(isSaid("disk full", after: 0, of: "other"))
    incidents.end("job")
    #expect(isSaid("disk full", after: 60))
    #expect(!isSaid("disk full", after: 60, of: "other"))
  }

  @Test("A clock that was set back does not silence a failure for years")
  func clockSetBack() {
    #expect(isSaid("disk full", after: 0))
    #expect(isSaid("disk full", after: -3_600))
  }

  @Test("What is to be said once only is not said again after a day")
  func onceOnly() {
    for (day, expected) in [(0, true), (2, false), (20, false)] {
      let now = start + .seconds(day * 86_400)
      #expect(incidents.shouldSay("overdue", of: "job", now: now, again: nil) == expected)
    }
  }

  @Test("Where nothing can be noted, and where the note is damaged, it is said")
  func unnotable() throws {
    try makeFolder(folder.at("state"))
    try writeFile(folder.at("state/incidents"), "a file in the folder's place")
    #expect(isSaid("disk full", after: 0))
    #expect(isSaid("disk full", after: 1))
    removeTree(folder.at("state/incidents"))
    #expect(isSaid("disk full", after: 2))
    try writeFile(folder.at("state/incidents/job"), "\u{0}garbage\nno time\n")
    #expect(isSaid("disk full", after: 3))
    #expect(!isSaid("disk full", after: 4))
  }
}
