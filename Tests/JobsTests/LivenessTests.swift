import Jobs
import Shared
import Testing

struct LivenessTests {
  private static let start = Timestamp(milliseconds: 1_800_000_000_000)
  private static let now = start + .seconds(3_600)

  private func status(
    _ recorded: AgentStatus?, pid: Int?, startedAt: Timestamp? = start,
    updatedAt: Timestamp? = start + .seconds(5), alive: Bool = true,
    processStart: Timestamp? = start + .seconds(1)
  ) -> AgentStatus? {
    let claim = ProcessClaim(
      status: recorded, pid: pid, startedAt: startedAt, updatedAt: updatedAt)
    let processes = ProcessTable.only(pid: 4_242, alive: alive, start: processStart)
    return Liveness.status(of: claim, now: Self.now, processes: processes)
  }

  @Test func `a live process started between the stamps is the agent's`() {
    #expect(status(.running, pid: 4_242) == .running)
    #expect(status(.scheduled, pid: 4_242) == .running)
  }

  @Test func `E17 a process that started outside of the stamps is another one`() {
    let outside = [Self.start - .milliseconds(2_001), Self.start + .milliseconds(7_001)]
    for moment in outside {
      #expect(status(.running, pid: 4_242, processStart: moment) == .unknown)
    }
    let atTheEdge = [Self.start - .seconds(2), Self.start + .seconds(7)]
    for moment in atTheEdge {
      #expect(status(.running, pid: 4_242, processStart: moment) == .running)
    }
  }

  @Test func `a start that cannot be read counts as the same process`() {
    #expect(status(.running, pid: 4_242, processStart: nil) == .running)
  }

  @Test func `a dead or missing process is unknown`() {
    #expect(status(.running, pid: 4_242, alive: false) == .unknown)
    #expect(status(.scheduled, pid: 4_242, alive: false) == .unknown)
    #expect(status(.running, pid: nil) == .unknown)
    #expect(status(.running, pid: 0) == .unknown)
    #expect(status(.running, pid: -1) == .unknown)
    #expect(status(.running, pid: .max) == .unknown)
  }

  @Test func `E16 a start without a process is an orphan after ten minutes`() {
    let young = Self.now - .seconds(600)
    let old = Self.now - .milliseconds(600_001)
    #expect(status(.scheduled, pid: nil, startedAt: young) == .scheduled)
    #expect(status(.scheduled, pid: nil, startedAt: old) == .unknown)
    #expect(status(.scheduled, pid: nil, startedAt: nil, updatedAt: young) == .scheduled)
    #expect(status(.scheduled, pid: nil, startedAt: nil, updatedAt: nil) == .unknown)
  }

  @Test func `what has ended stays ended, and no known word stays none`() {
    #expect(status(.done, pid: 4_242) == .done)
    #expect(status(.unknown, pid: 4_242) == .unknown)
    #expect(status(nil, pid: 4_242) == nil)
  }
}
