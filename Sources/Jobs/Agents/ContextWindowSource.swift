internal import Shared
internal import SystemPackage

/// Context windows on demand: the configuration's, the cached, then a fresh listing, once a run.
actor ContextWindowSource {
  private let job: RefreshUsageJob
  private let client: OpencodeClient
  private var cache: ContextWindowCache
  private var listing: Task<Void, Never>?

  init(job: RefreshUsageJob, client: OpencodeClient) {
    self.job = job
    self.client = client
    cache = ContextWindowCache(reading: StateFile.read(job.workspace.contextWindows))
  }

  /// The window of a model; nil when nobody knows it.
  func tokens(of model: ModelReference, in folder: FilePath) async -> Int? {
    if let configured = job.configuration.usage.contextWindows[model.key] { return configured }
    let settings = job.configuration.refresh
    if listing == nil,
      cache.isWorthFetching(
        for: model, now: job.world.clock.now(), maximumAge: settings.windowsMaximumAge,
        interval: settings.windowsInterval)
    {
      listing = Task { await self.fetch(in: folder) }
    }
    if let listing {
      // The run's end reaches the child that makes the listing through whoever waits for it.
      await withTaskCancellationHandler {
        await listing.value
      } onCancel: {
        listing.cancel()
      }
    }
    return cache.windows.tokens[model.key]
  }

  private func fetch(in folder: FilePath) async {
    let fetched = (try? await client.contextWindows(in: folder)) ?? nil
    // A listing that the run's end cut off was no try.
    guard !Task.isCancelled, fetched != nil || client.timeLeft() > .zero else { return }
    cache.take(fetched, at: job.world.clock.now())
    // A cache that cannot be written is fetched again; no number depends on it.
    try? StateFile.write(cache.json, to: job.workspace.contextWindows)
  }
}
