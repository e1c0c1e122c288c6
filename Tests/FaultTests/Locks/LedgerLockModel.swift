/// All interleavings of some programs that append one fact to a ledger unless it is there, each of
/// which may die between any two of its steps.
struct LedgerLockModel {
  struct Process: Hashable {
    var step = 0
    var hasSeenIt = false
    var isDead = false
  }

  struct State: Hashable {
    var holder: Int?
    var rows = 0
    var processes: [Process]
  }

  let programs: [[LockStep]]

  func explore() -> (violation: String?, states: Int) {
    let start = State(processes: programs.map { _ in Process() })
    var seen: Set<State> = [start]
    var pending = [start]
    while let state = pending.popLast() {
      if state.rows > 1 { return ("the fact is there twice", seen.count) }
      let running = programs.indices.filter {
        !state.processes[$0].isDead && state.processes[$0].step < programs[$0].count
      }
      let next = running.map { moved($0, in: state) }
      if !running.isEmpty, next.allSatisfy({ $0 == state }) { return ("all wait", seen.count) }
      let finished = zip(programs, state.processes).contains { $1.step == $0.count }
      if finished, running.isEmpty, state.rows == 0 { return ("the fact is lost", seen.count) }
      for next in next + running.map({ killed($0, in: state) }) where seen.insert(next).inserted {
        pending.append(next)
      }
    }
    return (nil, seen.count)
  }

  private func killed(_ index: Int, in state: State) -> State {
    var next = state
    next.processes[index].isDead = true
    if next.holder == index { next.holder = nil }
    return next
  }

  private func moved(_ index: Int, in state: State) -> State {
    var next = state
    switch programs[index][state.processes[index].step] {
    case .take:
      guard state.holder == nil else { return state }
      next.holder = index
    case .decide: next.processes[index].hasSeenIt = state.rows > 0
    case .append: next.rows += state.processes[index].hasSeenIt ? 0 : 1
    case .giveBack: next.holder = nil
    default: break
    }
    next.processes[index].step += 1
    return next
  }
}
