// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "jobrunner",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "jobrunner", targets: ["JobRunner"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
  ],
  targets: [
    .target(
      name: "Shared",
      dependencies: [
        system,
        .product(name: "Subprocess", package: "swift-subprocess"),
      ]
    ),
    .target(name: "Jobs", dependencies: ["Shared", system]),
    .executableTarget(
      name: "JobRunner",
      dependencies: [
        "Jobs",
        "Shared",
        system,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),
    .target(name: "TestSupport", dependencies: ["Shared", system], path: "Tests/TestSupport"),
    .executableTarget(
      name: "FileProbe", dependencies: ["Jobs", "Shared", system], path: "Tests/FileProbe"),
    .testTarget(
      name: "SharedTests", dependencies: ["FileProbe", "Shared", "TestSupport", system]),
    .testTarget(
      name: "JobsTests", dependencies: ["FileProbe", "Jobs", "Shared", "TestSupport", system]),
    .testTarget(
      name: "JobRunnerTests",
      dependencies: [
        "JobRunner", "Jobs", "Shared", "TestSupport", system,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .testTarget(
      name: "FaultTests",
      dependencies: ["FileProbe", "JobRunner", "Jobs", "Shared", "TestSupport", system]),
  ]
)

for target in package.targets { target.swiftSettings = settings }
