// swift-tools-version: 6.2

import PackageDescription

// A package of its own, so that nobody who builds the program fetches what measures it. The sources
// are those of the program, by links: what they declare for one another they declare for this too.

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.0", traits: []),
  ],
  targets: [
    .target(
      name: "Shared",
      dependencies: [system, .product(name: "Subprocess", package: "swift-subprocess")]),
    .target(name: "Jobs", dependencies: ["Shared", system]),
    .executableTarget(
      name: "Functions",
      dependencies: [
        "Jobs", "Shared", system, .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Benchmarks/Functions",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
  ]
)

for target in package.targets where target.type != .plugin { target.swiftSettings = settings }
