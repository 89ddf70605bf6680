import Benchmark
import Evidence
import FMAPeak
import Foundation
// These come along with Evidence.
import HDF5
import LinearAlgebra

/// Whole evaluations by model and threads, reading of datasets, and principal components by dimension.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock], timeUnits: .microseconds, warmupIterations: 1, maxDuration: .seconds(3))

  for item in Case.all + Case.likelihoods {
    for threads in [1, 2] {
      Benchmark(
        "evaluate, \(item.name), \(item.examples) examples, k = 5000, \(threads) thread\(threads == 1 ? "" : "s")",
        configuration: .init(metrics: [.wallClock, perExample, share, .peakMemoryResident], maxDuration: .seconds(5))
      ) { benchmark, setup in
        let evaluation = Evaluation(threads: threads)
        benchmark.startMeasurement()
        let start = ContinuousClock.now
        blackHole(try ImportanceSampling(samples: 5000).estimate(setup.model, on: setup.data, options: evaluation))
        let seconds = start.duration(to: .now) / .seconds(1)
        benchmark.stopMeasurement()
        benchmark.measurement(perExample, Int(1e6 * seconds / Double(item.examples)))
        let operations = 2 * Double(setup.model.plan.multiplyAddsPerDraw) * 5000 * Double(item.examples)
        benchmark.measurement(share, Int(1000 * operations / seconds / fma_peak_once(threads)))
      } setup: {
        (model: try NetworkModel(item.description()), data: item.data())
      }
    }
  }

  for isCompressed in [false, true] {
    Benchmark("read 10,000 × 784 bytes, \(isCompressed ? "gzip" : "plain")") { benchmark, path in
      let data = Evidence.Dataset(try HDF5Source(file: path, dataset: "images"))
      benchmark.startMeasurement()
      for first in stride(from: 0, to: data.count, by: 64) {
        blackHole(try data.batch(first..<min(first + 64, data.count)))
      }
      benchmark.stopMeasurement()
    } setup: {
      try ImageFile.written(isCompressed: isCompressed)
    } teardown: {
      ImageFile.remove(isCompressed: isCompressed)
    }
  }

  for dimension in [10, 50, 100, 200, 500, 1000] {
    Benchmark("principal components, dimension \(dimension)") { benchmark, covariance in
      benchmark.startMeasurement()
      blackHole(try PrincipalComponents(covariance: covariance, dimension: dimension, exampleCount: 10_000))
      benchmark.stopMeasurement()
    } setup: {
      randomCovariance(dimension)
    }
  }
}

/// Microseconds for an example.
let perExample = BenchmarkMetric.custom("µs an example", useScalingFactor: false)
/// In thousandths of the peak by fused multiply-adds.
let share = BenchmarkMetric.custom("‰ of peak", polarity: .prefersLarger, useScalingFactor: false)

private let peaks = (fma_peak(1), fma_peak(2))

private func fma_peak_once(_ threads: Int) -> Double { threads == 1 ? peaks.0 : peaks.1 }

/// A file of random images, some of it compressible as images are.
private enum ImageFile {
  static func path(isCompressed: Bool) -> String {
    FileManager.default.temporaryDirectory.appending(
      path: "evidence-benchmark-\(ProcessInfo.processInfo.processIdentifier)-\(isCompressed ? "gzip" : "plain").h5"
    ).path(percentEncoded: false)
  }

  static func written(isCompressed: Bool) throws -> String {
    let path = path(isCompressed: isCompressed)
    var random = Weights()
    let values = (0..<10_000 * 784).map { _ in random.uniform() < 0.8 ? UInt8(0) : UInt8(255 * random.uniform()) }
    let file = try File(creating: path)
    let dataset = try file.root.createDataset(
      "images", type: .integer(bits: 8, signed: false), shape: [10_000, 784], compressed: isCompressed)
    try dataset.write(values)
    try file.close()
    return path
  }

  static func remove(isCompressed: Bool) {
    try? FileManager.default.removeItem(atPath: path(isCompressed: isCompressed))
  }
}

/// X Xᵀ of a random X, with twice as many columns as rows.
private func randomCovariance(_ dimension: Int) -> [Double] {
  var random = Weights()
  let columns = 2 * dimension
  let x = (0..<dimension * columns).map { _ in Double(random.uniform()) - 0.5 }
  var result = [Double](repeating: 0, count: dimension * dimension)
  for row in 0..<dimension {
    for column in row..<dimension {
      var sum = 0.0
      for k in 0..<columns { sum += x[row * columns + k] * x[column * columns + k] }
      result[row * dimension + column] = sum
      result[column * dimension + row] = sum
    }
  }
  return result
}
