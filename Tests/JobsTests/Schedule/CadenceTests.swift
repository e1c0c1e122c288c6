import Jobs
import Shared
import Testing

@Suite struct CadenceTests {
  @Test(
    "The next moment is told by the local clock, days with a gap or an hour twice included",
    arguments: [
      (Cadence.everyMinute, "UTC", "2025-03-08T12:00:30Z", "2025-03-08T12:01:00Z"),
      (.everyMinute, "UTC", "2025-03-08T12:00:00Z", "2025-03-08T12:01:00Z"),
      (.everyMinutes(5), "UTC", "2025-03-08T12:55:01Z", "2025-03-08T13:00:00Z"),
      (.hourly(minute: 6), "Asia/Kolkata", "2025-03-08T12:00:00Z", "2025-03-08T12:36:00Z"),
      (.hourly(minute: 6), "America/Havana", "2025-03-09T04:30:00Z", "2025-03-09T05:06:00Z"),
      (
        .daily(hour: 0, minute: 6), "America/Havana", "2025-03-08T12:00:00Z", "2025-03-10T04:06:00Z"
      ),
      (
        .daily(hour: 0, minute: 6), "America/Havana", "2025-11-02T04:06:00Z", "2025-11-02T05:06:00Z"
      ),
      (
        .daily(hour: 3, minute: 17), "Europe/Helsinki", "2025-06-01T00:17:00Z",
        "2025-06-02T00:17:00Z"
      ),
    ] as [(Cadence, String, String, String)])
  func next(cadence: Cadence, zone: String, now: String, expected: String) throws {
    let days = try #require(LocalTime(named: zone))
    let moment = try #require(Timestamp(now))
    #expect(cadence.next(after: moment, days: days) == Timestamp(expected))
  }

  @Test("Jobs that decide about windows have no random delay; no delay comes near a period")
  func delays() {
    #expect(ScheduledJob.windowReset.randomDelay == 0)
    #expect(ScheduledJob.refreshUsage.randomDelay == 0)
    #expect(ScheduledJob.ingestTelemetry.randomDelay <= 30)
    #expect(ScheduledJob.ledgerCheckpoint.randomDelay <= 60)
  }
}
