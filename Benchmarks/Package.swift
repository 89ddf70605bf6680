// swift-tools-version: 6.2

import PackageDescription

let plugins: [Target.PluginUsage] = [.plugin(name: "BenchmarkPlugin", package: "benchmark")]

let package = Package(
  name: "evidence-benchmarks",
  dependencies: [
    .package(name: "evidence", path: ".."),
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "Calibration",
      dependencies: [
        .product(name: "Evidence", package: "evidence"), .product(name: "EvidenceTesting", package: "evidence"),
      ],
      path: "Calibration"),
    .executableTarget(
      name: "Fuzzing", dependencies: ["CrashTrace", "Reading"], path: "Fuzzing",
      exclude: ["CrashTrace", "Guided", "Reading"]),
    .target(name: "CrashTrace", path: "Fuzzing/CrashTrace"),
    .target(
      name: "Reading", dependencies: [.product(name: "Evidence", package: "evidence")], path: "Fuzzing/Reading"),
    .executableTarget(name: "GuidedFuzzing", dependencies: ["Reading"], path: "Fuzzing/Guided"),
    // The peak is that of the processor at hand.
    .target(
      name: "FMAPeak", path: "FMAPeak", cSettings: [.unsafeFlags(["-O2", "-march=native", "-ffp-contract=fast"])]),
    .executableTarget(
      name: "Gradients", dependencies: ["FMAPeak", .product(name: "Evidence", package: "evidence")],
      path: "Gradients"),
    .executableTarget(
      name: "Kernels",
      dependencies: [
        "FMAPeak", .product(name: "Evidence", package: "evidence"), .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Kernels", plugins: plugins),
    .executableTarget(
      name: "Evaluations",
      dependencies: [
        "FMAPeak", .product(name: "Evidence", package: "evidence"), .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Evaluations", plugins: plugins),
  ],
  swiftLanguageModes: [.v6]
)
