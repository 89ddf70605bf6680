import CKernels

/// Normal and uniform numbers for the elements of a simulated variable: as many of each for an element as it asks for.
///
/// In the law of random numbers, the draw is the element (the latents', z₁'s first, then those of x) and the dimension says
/// which of its numbers it is; the streams are their own. So no simulated number is one of the posterior's or of another element.
struct SimulatedNumbers {
  private let key: DrawKey
  private let first: Int
  private let k: ck_kernels
  private let normals: AlignedBuffer
  private let uniforms: AlignedBuffer
  private let lanes: Int

  /// Numbers of an element that come out of one call of Philox.
  private static let atOnce = 4

  /// Numbers for `count` elements of a variable whose first is element `first` of all.
  init(_ key: DrawKey, first: Int, count: Int, _ k: ck_kernels) {
    self.key = key
    self.first = first
    self.k = k
    lanes = paddedLanes(count)
    normals = AlignedBuffer(count: Self.atOnce * lanes)
    uniforms = AlignedBuffer(count: Self.atOnce * lanes)
    fill(normals, isNormal: true, element: 0, rows: Self.atOnce, lanes: lanes)
    fill(uniforms, isNormal: false, element: 0, rows: Self.atOnce, lanes: lanes)
  }

  private func fill(_ buffer: AlignedBuffer, isNormal: Bool, element: Int, rows: Int, lanes: Int) {
    let stream = isNormal ? RandomNumbers.Purpose.simulatedNormals : .simulatedUniforms
    let generate = isNormal ? k.normals : k.uniforms
    generate?(
      key.seed, key.example, UInt32(truncatingIfNeeded: first + element), stream.rawValue, rows, lanes, buffer.pointer)
  }

  /// The `index`th standard normal number of an element.
  func normal(_ element: Int, _ index: Int = 0) -> Double { number(normals, isNormal: true, element, index) }

  /// The `index`th number in (0, 1) of an element.
  func uniform(_ element: Int, _ index: Int = 0) -> Double { number(uniforms, isNormal: false, element, index) }

  private func number(_ buffer: AlignedBuffer, isNormal: Bool, _ element: Int, _ index: Int) -> Double {
    if index < Self.atOnce { return Double(buffer.pointer[index * lanes + element]) }
    // So many numbers are rejected once in thousands of elements.
    let rows = (index / Self.atOnce + 1) * Self.atOnce
    let more = AlignedBuffer(count: rows * paddedLanes(1))
    fill(more, isNormal: isNormal, element: element, rows: rows, lanes: paddedLanes(1))
    return Double(more.pointer[index * paddedLanes(1)])
  }

  /// One of several by the logarithms of their weights, which needn't be normalized.
  func choice(element: Int, _ index: Int = 0, logWeights: [Double]) -> Int {
    let largest = logWeights.max() ?? 0
    let weights = logWeights.map { ($0 - largest).exponential }
    var left = uniform(element, index) * weights.reduce(0, +)
    for (place, weight) in weights.enumerated() {
      left -= weight
      if left < 0 { return place }
    }
    return weights.lastIndex { $0 > 0 } ?? 0
  }
}
