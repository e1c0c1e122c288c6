import Shared
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

private let folder: FilePath = "/usr/share/zoneinfo"

/// The zones of this machine.
private func zoneNames() -> [String] {
  var names: [String] = []
  for area in Fixture.names(in: folder) where area.first?.isUppercase == true {
    if ZoneFile(named: area) != nil { names.append(area) }
    for place in Fixture.names(in: folder.appending(area)) {
      let name = "\(area)/\(place)"
      if ZoneFile(named: name) != nil { names.append(name) }
      for part in Fixture.names(in: folder.appending(name)) {
        names.append("\(name)/\(part)")
      }
    }
  }
  return names.sorted()
}

private func timestamp(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

private func civil(_ text: String) throws -> CivilTime {
  let moment = try timestamp(text + "Z")
  return LocalTime.universal.civil(at: moment)
}

struct ZoneFileTests {
  @Test func `every zone says what the C library says, at and between the changes`() async {
    // In a process of its own, because the zone of the C library is that of the whole process.
    await #expect(processExitsWith: .success) {
      let start: Int64 = 631_152_000
      let end: Int64 = 4_102_444_800
      let step: Int64 = 30 * 86_400 + 4_567
      var zones = 0
      for name in zoneNames() {
        guard let file = ZoneFile(named: name) else { continue }
        setenv("TZ", name, 1)
        tzset()
        zones += 1
        var moments = file.transitions.filter { (start...end).contains($0) }
        var moment = start
        while moment < end {
          // A change of the rule between two looks is narrowed down to its second.
          var (low, high) = (moment, moment + step)
          if file.offset(at: low) != file.offset(at: high) {
            while high - low > 1 {
              let middle = (low + high) / 2
              if file.offset(at: middle) == file.offset(at: low) {
                low = middle
              } else {
                high = middle
              }
            }
            moments.append(high)
          }
          moments.append(moment)
          moment += step
        }
        for moment in moments.flatMap({ [$0 - 1, $0, $0 + 1] }) {
          var seconds = time_t(moment)
          var fields = tm()
          localtime_r(&seconds, &fields)
          if fields.tm_gmtoff != file.offset(at: moment) {
            Issue.record(
              "\(name) at \(moment): \(file.offset(at: moment)), not \(fields.tm_gmtoff)")
            break
          }
        }
        let system = LocalTime.system
        let now = Timestamp(milliseconds: 1_795_000_000_000)
        #expect(system.civil(at: now) == LocalTime(named: name)?.civil(at: now), "\(name)")
      }
      #expect(zones > 300)
    }
  }

  @Test(arguments: [
    "../etc/passwd", "/etc/localtime", "Europe/../UTC", "", "Europe/", ".", "Nowhere/At all",
  ])
  func `a name that leads elsewhere or nowhere is no zone`(_ name: String) {
    #expect(LocalTime(named: name) == nil)
  }

  @Test func `a damaged file is no zone, whatever is wrong with it`() throws {
    let bytes = try #require(readZone("Europe/Helsinki"))
    #expect(ZoneFile(bytes: bytes) != nil)
    for length in 0..<bytes.count { #expect(ZoneFile(bytes: Array(bytes[..<length])) == nil) }
    var numbers = SeededNumbers(seed: 8)
    for _ in 0..<2_000 {
      var damaged = bytes
      let place = Int.random(in: bytes.indices, using: &numbers)
      damaged[place] = UInt8.random(in: 0...255, using: &numbers)
      _ = ZoneFile(bytes: damaged)?.offset(at: 1_795_000_000)
    }
  }

  private func readZone(_ name: String) -> [UInt8]? {
    (try? readWholeFile(folder.appending(name)))?.bytes
  }
}

struct LocalTimeTests {
  @Test func `the local clock is read and set by the zone`() throws {
    let helsinki = try #require(LocalTime(named: "Europe/Helsinki"))
    #expect(
      helsinki.civil(at: try timestamp("2026-11-21T05:10:59.999Z"))
        == (try civil("2026-11-21T07:10:59")))
    #expect(helsinki.day(at: try timestamp("2026-06-30T21:00:00Z")).text == "2026-07-01")
    #expect(
      helsinki.start(of: try #require(LocalDay("2026-07-01"))).text == "2026-06-30T21:00:00.000Z")
    #expect(helsinki.offset(at: try timestamp("2026-07-01T00:00:00Z")) == 3 * 3_600)
  }

  @Test(

    arguments: [
      (
        "Europe/Helsinki", "2026-10-25T03:30:00",
        ["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"]
      ),
      (
        "Australia/Lord_Howe", "2026-04-05T01:45:00",
        ["2026-04-04T14:45:00.000Z", "2026-04-04T15:15:00.000Z"]
      ),
      ("America/New_York", "2026-07-04T12:00:00", ["2026-07-04T16:00:00.000Z"]),
      ("Pacific/Apia", "2011-12-30T12:00:00", []),
      ("Europe/Dublin", "2026-03-29T01:30:00", []),
    ])
  func `a time that a change doubles is two moments, one it skips is none`(
    _ zone: String, _ time: String, _ moments: [String]
  ) throws {
    let zone = try #require(LocalTime(named: zone))
    #expect(zone.moments(of: try civil(time)).map(\.text) == moments)
  }

  @Test(

    arguments: [
      ("Europe/Helsinki", "2026-03-29T03:30:00", "2026-03-29T01:00:00.000Z"),
      ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T10:00:00.000Z"),
      ("America/Havana", "2026-03-08T00:00:00", "2026-03-08T05:00:00.000Z"),
    ])
  func `a skipped time begins when the clock is put forward`(
    _ zone: String, _ time: String, _ moment: String
  ) throws {
    let zone = try #require(LocalTime(named: zone))
    #expect(zone.firstMoment(atOrAfter: try civil(time)).text == moment)
  }

  @Test func `every local time around a change has just the moments that show it`() throws {
    for name in [
      "Europe/Helsinki", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca",
      "Asia/Irkutsk", "Antarctica/Troll", "Asia/Gaza",
    ] {
      let zone = try #require(LocalTime(named: name))
      let file = try #require(ZoneFile(named: name))
      for change in file.transitions.suffix(6) where change > 0 {
        let around = stride(from: change - 4 * 3_600, to: change + 4 * 3_600, by: 900)
        let seen = around.map { Timestamp(milliseconds: $0 * 1_000) }
        for moment in seen {
          let time = zone.civil(at: moment)
          #expect(zone.moments(of: time).contains(moment))
          #expect(zone.moments(of: time).allSatisfy { zone.civil(at: $0) == time })
        }
      }
    }
  }

  @Test func `no moment is too far away to be read`() {
    for moment in [Int64.min, .max, 0, -1] {
      let moment = Timestamp(milliseconds: moment)
      #expect(LocalTime.system.civil(at: moment) == LocalTime.system.civil(at: moment))
      #expect(LocalTime(named: "Europe/Helsinki")?.civil(at: moment) != nil)
    }
  }
}

struct LocalDayTests {
  @Test func `days are counted over months, years and leap days`() throws {
    let day = try #require(LocalDay("2028-02-28"))
    #expect(day.next.text == "2028-02-29")
    #expect(day.next.next.text == "2028-03-01")
    #expect(try #require(LocalDay("2027-01-01")).previous.text == "2026-12-31")
    #expect(day < day.next)
    #expect(LocalDay(daysSinceEpoch: day.daysSinceEpoch) == day)
  }

  @Test(arguments: [
    "2026-02-29", "2026-13-01", "2026-00-10", "26-01-01", "2026-1-1", "", "2026-01-0x",
  ])
  func `what is no day is not read`(_ text: String) {
    #expect(LocalDay(text) == nil)
  }
}

struct KnownZoneTests {
  @Test(
    "Zones that the C library takes for UTC without a word are told from those it knows",
    arguments: [
      ("Europe/Helsinki", true), (":Europe/Helsinki", true), ("", true), ("UTC", true),
      ("EET-2EEST,M3.5.0/3,M10.5.0/4", true), ("<+05>-5", true),
      ("/usr/share/zoneinfo/Asia/Tokyo", true), ("Europe/Helsinky", false), ("Nowhere", false),
      ("/etc/passwd", false), ("../../etc/passwd", false),
    ])
  func known(value: String, isKnown: Bool) {
    #expect(LocalTime.isKnown(zone: value) == isKnown)
  }
}
