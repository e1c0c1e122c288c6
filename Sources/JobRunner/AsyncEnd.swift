internal import Dispatch
internal import Jobs
internal import Shared

extension JobHarness {
  /// Runs a job that waits for children on the concurrent executor and ends the process with its
  /// status; a signal cancels it, and its children are ended with it.
  ///
  /// Only a command with children pays for that executor; the others stay synchronous.
  ///
  /// - Parameter writes: Whether the job writes ledgers that views read.
  func runToEnd(
    _ job: String, progress: ProgressLine? = nil, writes: Bool = false,
    _ body: @escaping @Sendable () async throws(JobError) -> JobReport
  ) -> Never {
    let stopped = StopSignal()
    let task = Task {
      let status: ExitStatus
      do throws(JobError) {
        let report = try await body()
        progress?.clear()
        status = finish(report, writes: writes)
      } catch {
        progress?.clear()
        status = finish(error, job: job)
      }
      endProcess((stopped.status ?? status).rawValue)
    }
    let watch = SignalWatch { number in
      stopped.note(number)
      task.cancel()
    }
    withExtendedLifetime(watch) { dispatchMain() }
  }
}
