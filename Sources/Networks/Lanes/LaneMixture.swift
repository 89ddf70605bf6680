import CKernels

/// The components of a mixture in every lane, in double precision: squared distances that become log-densities, and these
/// the shares of the components. Nothing here allocates but the making.
public struct LaneMixture: Sendable {
  /// Logarithms of the components' weights; −∞ for one that is left out.
  public let logWeights: [Double]
  /// A multiple of 16.
  public let lanes: Int
  /// A run of lanes for each component: what was written last.
  public private(set) var values: [Double]
  /// The logarithm of the mixture's density in each lane, by `measureTotal`.
  public private(set) var total: [Double]

  /// A mixture of components with these weights.
  public init(logWeights: [Double], lanes: Int) {
    self.logWeights = logWeights
    self.lanes = lanes
    values = Array(repeating: 0, count: logWeights.count * lanes)
    total = Array(repeating: 0, count: lanes)
  }

  /// Writes a component's log-density at places given in its own measure: of N(0, I), or of a Student t.
  ///
  /// - Parameter constant: The log-density at the component's centre.
  public mutating func measure(
    _ component: Int, at x: LaneMatrix, constant: Double, freedom: Int? = nil, with arithmetic: LaneArithmetic
  ) {
    let first = component * lanes
    values.replaceSubrange(first..<first + lanes, with: repeatElement(0, count: lanes))
    arithmetic.addDot(x, x, factor: 1, to: &values, row: component)
    values.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      ck_component_densities(lanes, constant, Double(freedom ?? 0), Double(x.rows), base + first)
    }
  }

  /// Writes log Σ_c exp(w_c + log-density of c) in every lane.
  public mutating func measureTotal() {
    total.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      ck_log_sum(logWeights.count, lanes, logWeights, values, base)
    }
  }

  /// Writes the components' shares in the place of their log-densities.
  public mutating func takeShares() {
    values.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      ck_responsibilities(logWeights.count, lanes, logWeights, total, base)
    }
  }

  /// What was written last of a component in a lane.
  public subscript(component: Int, lane: Int) -> Double { values[component * lanes + lane] }
}

extension LaneArithmetic {
  /// Makes Student t of standard normals: a normal over √(χ²/ν), where χ² of ν degrees is −2 log of the product of ν/2
  /// uniforms.
  public func makeStudent(_ normals: LaneMatrix, freedom: Int, uniforms: LaneMatrix) {
    var scales = Array(repeating: Float(0), count: normals.lanes)
    ck_student_scales(normals.lanes, uniforms.rows, Double(freedom), uniforms.data, &scales)
    scale(normals, by: scales)
  }
}
