internal import Dispatch
internal import Jobs
internal import Shared

extension JobHarness {
  /// Makes a job and runs it as below; one that cannot be made needs no executor to fail.
  func runToEnd<Job: Sendable>(
    _ name: String, progress: ProgressLine? = nil, hooks: RunHooks, writes: Bool = false,
    making make: () throws(JobError) -> Job,
    _ body: @escaping @Sendable (Job) async throws(JobError) -> JobReport
  ) -> Never {
    let job: Job
    do throws(JobError) {
      job = try make()
    } catch {
      runToEnd(name, hooks: hooks, blocking: { () throws(JobError) in throw error })
    }
    runToEnd(name, progress: progress, hooks: hooks, writes: writes) { () async throws(JobError) in
      try await body(job)
    }
  }

  /// Runs a job without children of its own to its end: at once, unless its hooks are children.
  func runToEnd(
    _ job: String, hooks: RunHooks, writes: Bool = false,
    blocking body: @escaping @Sendable () throws(JobError) -> JobReport
  ) -> Never {
    guard hooks.isEmpty else {
      runToEnd(job, hooks: hooks, writes: writes) { () async throws(JobError) in try body() }
    }
    endProcess(
      end(job) { () throws(JobError) in finish(try body(), writes: writes) }.rawValue)
  }

  /// Runs a job that prints by itself to its end, with its hooks around it.
  func runToEnd(
    _ job: String, hooks: RunHooks,
    printing body: @escaping @Sendable () throws(JobError) -> ExitStatus
  ) -> Never {
    guard !hooks.isEmpty else { endProcess(end(job, body).rawValue) }
    requireDescriptors(job)
    runToEnd { () async in
      let run = runID
      await hooks.start(run: run, world: world)
      var status: ExitStatus
      var message = ""
      do throws(JobError) {
        status = try body()
      } catch {
        message = error.message
        status = finish(error, job: job)
      }
      await hooks.end(job: job, status: status, message: message, run: run, world: world)
      return status
    }
  }

  /// Ends with 75 where too few files can be opened: what waits for children and signals would end
  /// the process with a trap.
  private func requireDescriptors(_ job: String) {
    guard !StandardStreams.hasRoom(for: 16) else { return }
    let error = JobError(.tryLater, "too few files can be opened; raise 'ulimit -n'")
    endProcess(finish(error, job: job).rawValue)
  }

  /// Names this run among others of the same check: 32 hexadecimal digits as a UUID.
  private var runID: String {
    let seed = SHA256.hex(
      of: Array("\(world.pid) \(world.clock.now().text) \(world.clock.elapsed())".utf8))
    let digits = Array(seed.prefix(32))
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
      .map { String(digits[$0]) }.joined(separator: "-")
  }

  /// Runs a command that waits for children to its end; a signal cancels it, and its children are
  /// ended with it.
  func runToEnd(_ body: @escaping @Sendable () async -> ExitStatus) -> Never {
    let stopped = StopSignal()
    let task = Task {
      let status = await body()
      endProcess((stopped.status ?? status).rawValue)
    }
    let watch = SignalWatch { number in
      stopped.note(number)
      task.cancel()
    }
    withExtendedLifetime(watch) { dispatchMain() }
  }

  /// Runs a job that waits for children on the concurrent executor and ends the process with its
  /// status; a signal cancels it, and its children are ended with it.
  ///
  /// Only a command with children pays for that executor; the others stay synchronous.
  func runToEnd(
    _ job: String, progress: ProgressLine? = nil, hooks: RunHooks = .none,
    writes: Bool = false,
    _ body: @escaping @Sendable () async throws(JobError) -> JobReport
  ) -> Never {
    requireDescriptors(job)
    let stopped = StopSignal()
    let task = Task {
      let run = runID
      await hooks.start(run: run, world: world)
      var status: ExitStatus
      var message = ""
      do throws(JobError) {
        let report = try await body()
        progress?.clear()
        message = report.summary
        status = finish(report, writes: writes)
      } catch {
        progress?.clear()
        message = error.message
        status = finish(error, job: job)
        if writes { sweepState() }
      }
      status = stopped.status ?? status
      await hooks.end(job: job, status: status, message: message, run: run, world: world)
      endProcess(status.rawValue)
    }
    let watch = SignalWatch { number in
      stopped.note(number)
      task.cancel()
    }
    withExtendedLifetime(watch) { dispatchMain() }
  }
}
