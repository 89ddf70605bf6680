/// Bootstrap weights with a Poisson(1) distribution, each a pure function of (seed, example, replicate).
///
/// No generator has state, so the order of examples, threads and shards cannot change a weight. The bits are those of two
/// rounds of the finalizer of SplitMix64 (Steele, Lea, Flood 2014) over the key; the weight is the inverse of the Poisson
/// distribution function at the resulting 64-bit fraction.
struct PoissonWeights: Sendable, Equatable {
  let seed: UInt64

  /// The weight of an example in a replicate.
  func weight(example: Int, replicate: Int) -> Double {
    PoissonWeights.weight(key: exampleKey(example), replicate: replicate)
  }

  /// What the weights of an example in all replicates start from.
  func exampleKey(_ example: Int) -> UInt64 {
    let odd: UInt64 = 0x9E37_79B9_7F4A_7C15
    return PoissonWeights.mix(PoissonWeights.mix(seed &+ odd) &+ odd &* UInt64(bitPattern: Int64(example)))
  }

  /// The weight in a replicate of the example with a key.
  static func weight(key: UInt64, replicate: Int) -> Double {
    let bits = mix(key &+ 0xD1B5_4A32_D192_ED03 &* UInt64(bitPattern: Int64(replicate) &+ 1))
    // The first limits without branches, for they are equally likely either way; the rest hardly ever.
    var weight = bits >= limit0 ? 1 : 0
    weight += bits >= limit1 ? 1 : 0
    weight += bits >= limit2 ? 1 : 0
    weight += bits >= limit3 ? 1 : 0
    if weight == 4 {
      for limit in higherLimits where bits >= limit { weight += 1 }
    }
    return Double(weight)
  }

  private static func mix(_ key: UInt64) -> UInt64 {
    var bits = (key ^ (key >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  // ⌊2⁶⁴ P(X ≤ n)⌋ for n = 0 … 3, and for n = 4 … 16; the mass beyond is 10⁻¹⁶.
  private static let limit0: UInt64 = 0x5E2D_58D8_B3BC_DF1A
  private static let limit1: UInt64 = 0xBC5A_B1B1_6779_BE35
  private static let limit2: UInt64 = 0xEB71_5E1D_C158_2DC2
  private static let limit3: UInt64 = 0xFB23_9797_34A2_52F1
  private static let higherLimits: [UInt64] = [
    0xFF10_25F5_9174_DC3D, 0xFFD9_0F3B_A405_5E19, 0xFFFA_8B71_FC72_C913, 0xFFFF_540C_0914_B3C9,
    0xFFFF_ED1F_4AA8_F120, 0xFFFF_FE21_6E64_1462, 0xFFFF_FFD4_D85D_3183, 0xFFFF_FFFC_6DA2_62B4,
    0xFFFF_FFFF_BA12_D178, 0xFFFF_FFFF_FB07_C64C, 0xFFFF_FFFF_FFAB_8EA5, 0xFFFF_FFFF_FFFA_BE22,
    0xFFFF_FFFF_FFFF_B11A,
  ]
}
