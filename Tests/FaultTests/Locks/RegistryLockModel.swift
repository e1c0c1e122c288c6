/// All interleavings of some programs that change a registry under the lock that is a file, each
/// of which may die between any two of its steps.
///
/// The steps are the system calls that the programs make; what a step does is written down here.
struct RegistryLockModel {
  /// A program: how it changes the registry, and how it breaks a dead one's lock, if at all.
  struct Program {
    var taking: [LockStep]
    var breaking: [LockStep] = []
    /// Whether it may die.
    var mayDie = true
  }

  struct LockFile: Hashable {
    /// Who made it, and which one of his it is.
    var maker: Int
    var number: Int
    var isSigned = false
    var kernelHolder: Int?
  }

  struct Process: Hashable {
    var step = 0
    /// The step in breaking; nil while it is not at that.
    var breakStep: Int?
    var copy: [Int] = []
    var mine: LockFile?
    var locks = 0
    /// What was looked at, and whether it was found dead.
    var target: LockFile?
    var aside: LockFile?
    var isDead = false
    var isDone = false
    var hasReplaced = false
  }

  struct State: Hashable {
    var lock: LockFile?
    var guardHolder: Int?
    /// How often the change of each process is in the registry.
    var registry: [Int]
    var processes: [Process]
    var deaths = 0
  }

  let programs: [Program]
  /// How many may die in one run.
  var deaths = 1

  /// The first thing found wrong, and how many states were looked at.
  func explore() -> (violation: String?, states: Int) {
    let start = State(
      lock: nil, guardHolder: nil, registry: programs.map { _ in 0 },
      processes: programs.map { _ in Process() })
    var comesFrom: [State: [State]] = [start: []]
    var pending = [start]
    var ends: [State] = []
    while let state = pending.popLast() {
      if let violation = wrongUpdate(in: state) { return (violation, comesFrom.count) }
      if isEnd(state) { ends.append(state) }
      for index in programs.indices {
        let process = state.processes[index]
        guard !process.isDone, !process.isDead else { continue }
        for next in [moved(index, in: state), killed(index, in: state)].compactMap(\.self) {
          if comesFrom[next] == nil { pending.append(next) }
          comesFrom[next, default: []].append(state)
        }
      }
    }
    // From every state there must be a way to an end: else some wait for ever, however they turn.
    var good = Set(ends)
    while let state = ends.popLast() {
      for before in comesFrom[state] ?? [] where good.insert(before).inserted {
        ends.append(before)
      }
    }
    return (good.count == comesFrom.count ? nil : "some wait for ever", comesFrom.count)
  }

  private func wrongUpdate(in state: State) -> String? {
    for (index, count) in state.registry.enumerated() {
      if count > 1 { return "the change of \(index) was made twice" }
      if state.processes[index].hasReplaced, count == 0 { return "the change of \(index) is lost" }
    }
    return nil
  }

  /// Whether all are through, but for those who give up: who breaks no lock waits in vain for that
  /// of a dead one, which the next job breaks.
  private func isEnd(_ state: State) -> Bool {
    let isLeftover = state.lock.map { state.processes[$0.maker].isDead } ?? false
    return state.processes.enumerated().allSatisfy { index, process in
      process.isDone || process.isDead || isLeftover && programs[index].breaking.isEmpty
    }
  }

  private func killed(_ index: Int, in state: State) -> State? {
    guard programs[index].mayDie, state.deaths < deaths else { return nil }
    var next = state
    next.deaths += 1
    next.processes[index].isDead = true
    // What the kernel holds for a process goes with it.
    if next.guardHolder == index { next.guardHolder = nil }
    if next.lock?.kernelHolder == index { next.lock?.kernelHolder = nil }
    return next
  }

  private func moved(_ index: Int, in state: State) -> State {
    var next = state
    if let step = state.processes[index].breakStep {
      breakOn(index, step, &next)
    } else {
      take(index, &next)
    }
    return next
  }

  // MARK: Taking

  private func take(_ index: Int, _ state: inout State) {
    let steps = programs[index].taking
    var process = state.processes[index]
    switch steps[process.step] {
    case .create:
      if state.lock == nil {
        process.mine = LockFile(maker: index, number: process.locks)
        process.locks += 1
        state.lock = process.mine
        process.step += 1
      } else if !programs[index].breaking.isEmpty {
        process.breakStep = 0
      }
    case .kernelLock:
      if isMine(process, state) { state.lock?.kernelHolder = index }
      process.step += 1
    case .sign:
      if isMine(process, state) { state.lock?.isSigned = true }
      process.step += 1
    case .read:
      process.copy = state.registry
      process.step += 1
    case .check:
      // Somebody took the lock away: all anew.
      let isFence = steps[process.step...].contains(.replace)
      if isMine(process, state) || !isFence || !steps.contains(.create) {
        process.step += 1
      } else {
        process.step = 0
      }
    case .replace:
      process.copy[index] += 1
      state.registry = process.copy
      process.hasReplaced = true
      process.step += 1
    case .release:
      // The original removes whatever is there.
      if isMine(process, state) || programs[index].breaking.isEmpty { state.lock = nil }
      process.step += 1
    default: process.step += 1
    }
    if process.step == steps.count {
      process.isDone = true
      if state.lock?.kernelHolder == index { state.lock?.kernelHolder = nil }
    }
    state.processes[index] = process
  }

  private func isMine(_ process: Process, _ state: State) -> Bool {
    guard let lock = state.lock, let mine = process.mine else { return false }
    return lock.maker == mine.maker && lock.number == mine.number
  }

  // MARK: Breaking

  private func breakOn(_ index: Int, _ step: Int, _ state: inout State) {
    let steps = programs[index].breaking
    var process = state.processes[index]
    var next: Int? = step + 1
    switch steps[step] {
    case .look:
      process.target = state.lock
      if state.lock == nil { next = end(index, &state) }
    case .probe:
      if let lock = state.lock, let target = process.target, lock.maker == target.maker,
        lock.number == target.number
      {
        // A name of ours is believed with the kernel's lock; else nobody may have the file open.
        let isDead =
          target.isSigned
          ? lock.kernelHolder == nil
          : state.processes[lock.maker].isDead || state.processes[lock.maker].isDone
        if !isDead { next = end(index, &state) }
      } else {
        next = end(index, &state)
      }
    case .guardLock:
      if state.guardHolder == nil {
        state.guardHolder = index
      } else {
        next = nil
      }
    case .aside:
      if let lock = state.lock {
        process.aside = lock
        state.lock = nil
      } else {
        next = end(index, &state)
      }
    case .identify:
      if let aside = process.aside, let target = process.target,
        aside.maker != target.maker || aside.number != target.number
      {
        if state.lock == nil { state.lock = aside }
        next = end(index, &state)
      }
    case .discard: process.aside = nil
    case .unguard: next = end(index, &state)
    default: break
    }
    process.breakStep = next == steps.count ? nil : next
    if process.breakStep == nil {
      process.target = nil
      process.aside = nil
    }
    state.processes[index] = process
  }

  private func end(_ index: Int, _ state: inout State) -> Int? {
    if state.guardHolder == index { state.guardHolder = nil }
    return nil
  }
}
