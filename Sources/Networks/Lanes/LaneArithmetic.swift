import CKernels

/// Arithmetic on lane matrices by the kernels of an instruction set. Lanes never mix, and what a lane yields depends neither
/// on its position nor on how many there are. Nothing here allocates.
public struct LaneArithmetic: Sendable {
  /// Lanes come in multiples of this.
  public static let multiple = Int(CK_LANE_MULTIPLE)
  private let instructionSet: InstructionSet
  private var k: ck_kernels { instructionSet.kernels }

  /// The kernels of an instruction set.
  public init(_ instructionSet: InstructionSet = .best) { self.instructionSet = instructionSet }

  /// The smallest number of lanes that the kernels take and that holds `count`.
  public static func padded(_ count: Int) -> Int { paddedLanes(count) }

  /// out = map(x), for each lane.
  public func apply(_ map: PackedMap, to x: LaneMatrix, into out: LaneMatrix) {
    k.product(map.outputs, map.inputs, map.packed.pointer, x.data, nil, x.lanes, out.data, 1)
  }

  /// out += factor · x, with a factor for each lane.
  public func add(_ factor: [Float], times x: LaneMatrix, to out: LaneMatrix) {
    k.add_weighted(x.rows, x.lanes, factor, x.data, out.data)
  }

  /// out += x.
  public func add(_ x: LaneMatrix, to out: LaneMatrix) { k.add(x.rows * x.lanes, x.data, out.data) }

  /// x *= factor, with a factor for each lane.
  public func scale(_ x: LaneMatrix, by factor: [Float]) { k.multiply_lanes(x.rows, x.lanes, factor, x.data) }

  /// Turns (position, momentum) by an angle of each lane: the exact flow of the energy ½ |position|² + ½ |momentum|².
  public func rotate(_ position: LaneMatrix, _ momentum: LaneMatrix, cosine: [Float], sine: [Float]) {
    k.rotate(position.rows, position.lanes, cosine, sine, position.data, momentum.data)
  }

  /// Takes over the lanes whose entry of `chosen` is not 0.
  public func replace(_ out: LaneMatrix, by x: LaneMatrix, where chosen: [Int32]) {
    k.replace(x.rows, x.lanes, chosen, x.data, out.data)
  }

  /// total += factor · (a · b) for each lane, in double precision; `row`: which run of lanes of `total`.
  public func addDot(_ a: LaneMatrix, _ b: LaneMatrix, factor: Double, to total: inout [Double], row: Int = 0) {
    precondition(total.count >= (row + 1) * a.lanes, "a number for each lane")
    total.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      k.dot(a.rows, a.lanes, a.data, b.data, factor, base + row * a.lanes)
    }
  }

  /// Standard normals: lane i of row r is a pure function of (key, firstDraw + i, purpose, r).
  public func normals(_ key: DrawKey, firstDraw: Int, _ purpose: RandomNumbers.Purpose, into out: LaneMatrix) {
    k.normals(
      key.seed, key.example, UInt32(truncatingIfNeeded: firstDraw), purpose.rawValue, out.rows, out.lanes, out.data)
  }

  /// Uniforms in (0, 1): lane i of row r is a pure function of (key, firstDraw + i, purpose, r).
  public func uniforms(_ key: DrawKey, firstDraw: Int, _ purpose: RandomNumbers.Purpose, into out: LaneMatrix) {
    k.uniforms(
      key.seed, key.example, UInt32(truncatingIfNeeded: firstDraw), purpose.rawValue, out.rows, out.lanes, out.data)
  }
}
