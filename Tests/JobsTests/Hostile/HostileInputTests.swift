import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Everything that reads what others wrote, with damaged inputs: no crash, no hang, no growth.
@Suite(.serialized) struct HostileInputTests {
  /// For each reader; JOBRUNNER_FUZZ_INPUTS says how many.
  private var count: Int {
    getenv("JOBRUNNER_FUZZ_INPUTS").flatMap { Int(String(cString: $0)) }
      ?? (Scale.large ? 50_000 : 400)
  }

  /// The most memory that this process has had, in KiB; 0 where the kernel does not tell.
  private var peak: Int {
    let line = (readText("/proc/self/status") ?? "").split(separator: "\n")
      .first { $0.hasPrefix("VmHWM:") }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }

  @Test("A reader survives whatever is in its input", arguments: HostileReader.all)
  func survives(_ reader: HostileReader) throws {
    #expect(!reader.seeds.isEmpty)
    for seed in reader.seeds { reader.read(seed) }
    let before = peak
    let clock = ContinuousClock()
    var mutation = HostileMutation(numbers: SeededNumbers(seed: 2_026))
    var slowest = Duration.zero
    for round in 0..<count {
      let seed = reader.seeds[round % reader.seeds.count]
      let other = reader.seeds[(round / reader.seeds.count) % reader.seeds.count]
      let input = mutation.damage(seed, with: other)
      let time = clock.measure { reader.read(input) }
      // On a busy machine anything can take a while once; what hangs hangs again.
      if time > .seconds(1), clock.measure({ reader.read(input) }) > .seconds(1) {
        Issue.record("\(reader.name) takes \(time) for \(input.count) bytes, input \(round)")
      }
      slowest = max(slowest, time)
    }
    #expect(peak - before < 300 << 10, "\(reader.name) has grown by \(peak - before) KiB")
    Results.note(#"{"kind":"inputs","reader":\#(quoted(reader.name)),"inputs":\#(count)}"#)
    if Scale.large { print("\(reader.name): \(count) inputs, slowest \(slowest)") }
  }
}
