import CKernels
import Testing

/// One table of kernels: the tests run over each that the processor has.
struct Variant: Sendable, CustomTestStringConvertible {
  let index: Int
  let name: String

  var testDescription: String { name }

  static let all = (0..<ck_variant_count()).compactMap { i in
    ck_variant(i).map { Variant(index: i, name: String(cString: $0.pointee.name)) }
  }
  /// Those that are held against the scalar one.
  static let vectors = Array(all.dropFirst())
  static let scalar = all[0]

  var kernels: ck_kernels {
    guard let table = ck_variant(index) else { preconditionFailure("the processor has lost its instructions") }
    return table.pointee
  }
}

/// Rows of lanes, aligned as the kernels want them.
final class Lanes {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int
  let lanes: Int

  init(rows: Int, lanes: Int, _ value: (_ row: Int, _ lane: Int) -> Float = { _, _ in 0 }) {
    self.lanes = lanes
    count = rows * lanes
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
    pointer = bytes.bindMemory(to: Float.self, capacity: max(count, 1))
    for i in 0..<count { (pointer + i).initialize(to: value(i / lanes, i % lanes)) }
  }

  deinit { pointer.deallocate() }

  subscript(row: Int, lane: Int) -> Float {
    get { pointer[row * lanes + lane] }
    set { pointer[row * lanes + lane] = newValue }
  }

  var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
  var bits: [UInt32] { values.map(\.bitPattern) }

  /// A value of its own for each lane, from `lane` on.
  func operand(_ form: ck_form = CK_DIRECT, from lane: Int = 0) -> ck_operand {
    ck_operand(data: pointer + lane, row_step: lanes, lane_step: 1, form: form)
  }

  /// For matrices of one lane: the value that all lanes share.
  func shared(_ form: ck_form = CK_DIRECT) -> ck_operand {
    ck_operand(data: pointer, row_step: 1, lane_step: 0, form: form)
  }
}

/// A generator of test data: splitmix64.
struct Source: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func float(_ range: ClosedRange<Float>) -> Float { Float.random(in: range, using: &self) }
}

/// How far `value` is from the exact one, in units of the last place of the exact one.
func ulps(_ value: Float, from exact: Double) -> Double {
  let nearest = Float(exact)
  guard value.isFinite, nearest.isFinite else { return value == nearest || value.isNaN && exact.isNaN ? 0 : .infinity }
  return abs(Double(value) - exact) / Double(nearest.ulp)
}

extension ck_kernels {
  func logDensity(
    _ density: ck_density, rows: Int, lanes: Int, x: ck_operand, _ parameters: [ck_operand], components: Int = 1,
    bins: Double = 256, epsilon: Double = 0, factor: Double = 1, isPrepared: Bool = false
  ) -> (total: [Double], bad: Int) {
    let none = ck_operand(data: nil, row_step: 0, lane_step: 0, form: CK_DIRECT)
    let p = parameters + Array(repeating: none, count: 3 - parameters.count)
    var arguments = ck_density_arguments(
      density: density, components: components, bins: bins, x: x, parameters: (p[0], p[1], p[2]), epsilon: epsilon,
      counts: nil)
    var prepared = [ck_count_rows](repeating: ck_count_rows(), count: rows / Int(CK_COUNT_ROWS) + 1)
    if isPrepared { prepare_counts(rows, &arguments, &prepared) }
    var total = [Double](repeating: 0, count: lanes)
    return prepared.withUnsafeBufferPointer { prepared in
      if isPrepared { arguments.counts = prepared.baseAddress }
      let bad = log_density(rows, lanes, &arguments, factor, &total)
      return (total, bad)
    }
  }
}
