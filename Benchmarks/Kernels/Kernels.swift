import Benchmark
// Not a product of the package: the module comes along with Evidence, and these benchmarks alone reach for it.
import CKernels
import FMAPeak

/// What the hot loops do a second, by size, for the fastest instruction set of the processor. One thread.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, rate, share], timeUnits: .microseconds, warmupIterations: 3, maxDuration: .seconds(1))

  // The paper's decoder, layer by layer, in the chunks that it is evaluated in; then narrow and wide.
  let shapes = [
    (50, 200), (200, 200), (200, 784), (2, 32), (32, 64), (64, 64), (512, 512), (1024, 1024), (1024, 3072),
    (4096, 4096),
  ]
  for (inputs, outputs) in shapes {
    Benchmark("product \(inputs) → \(outputs), 96 lanes") { benchmark in
      let product = Product(inputs: inputs, outputs: outputs, lanes: 96)
      measure(benchmark, work: product.operations, per: peak) { product.run() }
    }
  }
  for lanes in [16, 48, 192, 384] {
    Benchmark("product 200 → 200, \(lanes) lanes") { benchmark in
      let product = Product(inputs: 200, outputs: 200, lanes: lanes)
      measure(benchmark, work: product.operations, per: peak) { product.run() }
    }
  }

  let rows = 64
  let lanes = 96
  let functions: [(String, ck_activation_kind)] = [
    ("tanh", CK_TANH), ("sigmoid", CK_SIGMOID), ("softplus", CK_SOFTPLUS), ("gelu", CK_GELU), ("relu", CK_RELU),
  ]
  for (name, kind) in functions {
    Benchmark("\(name) of \(rows * lanes) elements", configuration: .init(metrics: [.wallClock, rate])) { benchmark in
      let data = Floats(rows * lanes)
      let activation = ck_activation(kind: kind, a: 0, b: 0)
      measure(benchmark, work: Double(rows * lanes)) { kernels.activate(activation, data.pointer, rows * lanes) }
    }
  }
  Benchmark("normals, \(rows * lanes)", configuration: .init(metrics: [.wallClock, rate])) { benchmark in
    let data = Floats(rows * lanes)
    measure(benchmark, work: Double(rows * lanes)) { kernels.normals(1, 2, 0, 1, rows, lanes, data.pointer) }
  }
  Benchmark("Bernoulli density of \(rows * lanes) logits", configuration: .init(metrics: [.wallClock, rate])) {
    benchmark in
    let logits = Floats(rows * lanes)
    let x = Floats(rows, binary: true)
    var totals = [Double](repeating: 0, count: lanes)
    var arguments = ck_density_arguments()
    arguments.density = CK_BERNOULLI_LOGITS
    arguments.components = 1
    arguments.x = ck_operand(data: x.pointer, row_step: 1, lane_step: 0, form: CK_DIRECT)
    arguments.parameters.0 = ck_operand(data: logits.pointer, row_step: lanes, lane_step: 1, form: CK_DIRECT)
    measure(benchmark, work: Double(rows * lanes)) { _ = kernels.log_density(rows, lanes, &arguments, 1, &totals) }
  }
}

/// Millions of operations (multiplications and additions of a product, otherwise elements) a second.
let rate = BenchmarkMetric.custom("million a second", polarity: .prefersLarger, useScalingFactor: false)
/// In thousandths of the peak by fused multiply-adds.
let share = BenchmarkMetric.custom("‰ of peak", polarity: .prefersLarger, useScalingFactor: false)

let peak = fma_peak(1)
// A table of functions, which never changes.
nonisolated(unsafe) let kernels = ck_best().pointee

/// Repeats `body` for long enough to be timed, and reports its rate.
private func measure(_ benchmark: Benchmark, work: Double, per peak: Double? = nil, _ body: () -> Void) {
  let repeats = max(1, Int(2e8 / work / (peak == nil ? 30 : 1)))
  body()
  benchmark.startMeasurement()
  let start = ContinuousClock.now
  for _ in 0..<repeats { body() }
  let seconds = start.duration(to: .now) / .seconds(1)
  benchmark.stopMeasurement()
  let found = work * Double(repeats) / seconds
  benchmark.measurement(rate, Int(found / 1e6))
  if let peak { benchmark.measurement(share, Int(1000 * found / peak)) }
}

/// A product of packed weights with a matrix of lanes.
private struct Product {
  let inputs, outputs, lanes: Int
  let packed: Floats
  let input: Floats
  let output: Floats

  init(inputs: Int, outputs: Int, lanes: Int) {
    (self.inputs, self.outputs, self.lanes) = (inputs, outputs, lanes)
    packed = Floats(ck_packed_count(outputs, inputs))
    input = Floats(inputs * lanes)
    output = Floats(outputs * lanes)
    let weight = Floats(inputs * outputs)
    ck_pack(outputs, inputs, weight.pointer, inputs, 1, nil, packed.pointer)
  }

  var operations: Double { 2 * Double(inputs) * Double(outputs) * Double(lanes) }

  func run() { kernels.product(outputs, inputs, packed.pointer, input.pointer, nil, lanes, output.pointer, 1) }
}

/// Floats on a cache-line boundary: between −1 and 1, or 0 and 1.
private final class Floats {
  let pointer: UnsafeMutablePointer<Float>

  init(_ count: Int, binary: Bool = false) {
    pointer = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64).bindMemory(
      to: Float.self, capacity: count)
    var state: UInt32 = 1
    for index in 0..<count {
      state = state &* 1_664_525 &+ 1_013_904_223
      let uniform = Float(state >> 8) / Float(1 << 24)
      pointer[index] = binary ? uniform.rounded() : 2 * uniform - 1
    }
  }

  deinit { pointer.deallocate() }
}
