// How fast log-weights and their gradients at given noise are: one JSON object for each number of threads and of lanes.
//
//     swift run -c release Gradients MODEL.h5 DATA.h5 DATASET [SECONDS]

import Evidence
import FMAPeak
import Foundation
import ModelFile

/// Calls that took some seconds.
struct Timing: Encodable {
  let threads: Int
  let lanes: Int
  let microsecondsPerPoint: Double
  let microsecondsPerCall: Double
  /// Multiply-adds forward and back, of the peak of as many threads.
  let shareOfPeak: Double
  /// The same without gradients, counting the way forward.
  let valueMicrosecondsPerPoint: Double
  let valueShareOfPeak: Double
}

/// Calls in the time given, on each of some threads; seconds for one call of a thread.
func seconds(
  _ model: NetworkModel, _ batch: ExampleBatch, threads: Int, lanes: Int, withGradients: Bool, limit: Double
) -> Double {
  let calls = Calls()
  DispatchQueue.concurrentPerform(iterations: threads) { thread in
    do {
      var scratch = model.makeScratch(examples: batch.count)
      try model.encode(batch, scratch: &scratch)
      let count = model.noiseCount * lanes
      let noise = (0..<count).map { Float(sin(12.9898 * Double($0 + 1) + 78.233 * Double(thread))) }
      var gradients = [Float](repeating: 0, count: count)
      var values = [Double](repeating: 0, count: lanes)
      var done = 0
      var start = ContinuousClock.now
      while true {
        let example = Example(index: done % batch.count, position: done % batch.count, seed: 0)
        try gradients.withUnsafeMutableBufferPointer {
          try model.logWeights(
            of: example, at: noise, lanes: lanes, scratch: &scratch, values: &values,
            gradients: withGradients ? $0.baseAddress : nil)
        }
        done += 1
        // The first calls pack weights and fill caches.
        if done == 10 { start = .now }
        let elapsed = start.duration(to: .now) / .seconds(1)
        if done > 10, elapsed > limit {
          calls.add(Double(done - 10) / elapsed)
          return
        }
      }
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(1)
    }
  }
  return Double(threads) / calls.rate
}

/// Calls a second, of all threads.
final class Calls: @unchecked Sendable {
  private let lock = NSLock()
  private(set) var rate = 0.0

  func add(_ more: Double) { lock.withLock { rate += more } }
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 3 else {
  FileHandle.standardError.write(Data("usage: Gradients MODEL.h5 DATA.h5 DATASET [SECONDS]\n".utf8))
  exit(1)
}
do {
  let model = try NetworkModel(ModelFile.read(arguments[0]))
  let data = try Dataset(file: arguments[1], dataset: arguments[2], for: model)
  let batch = try data.batch(0..<min(20, data.count))
  let limit = arguments.count > 3 ? Double(arguments[3]) ?? 1 : 1
  let forward = 2 * Double(model.plan.multiplyAddsPerDraw)
  for threads in [1, 2] {
    let peak = fma_peak(Int32(threads))
    for lanes in Set([16, 32, 48, model.lanesAtOnce]).sorted() where lanes <= model.lanesAtOnce {
      let both = seconds(model, batch, threads: threads, lanes: lanes, withGradients: true, limit: limit)
      let value = seconds(model, batch, threads: threads, lanes: lanes, withGradients: false, limit: limit)
      let points = Double(threads * lanes)
      let timing = Timing(
        threads: threads, lanes: lanes, microsecondsPerPoint: 1e6 * both / points, microsecondsPerCall: 1e6 * both,
        shareOfPeak: 2 * forward * points / both / peak, valueMicrosecondsPerPoint: 1e6 * value / points,
        valueShareOfPeak: forward * points / value / peak)
      print(String(decoding: try JSONEncoder().encode(timing), as: UTF8.self))
    }
  }
} catch {
  FileHandle.standardError.write(Data("Gradients: \(error)\n".utf8))
  exit(1)
}
