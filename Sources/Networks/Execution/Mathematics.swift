#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Double {
  var exponential: Double { exp(self) }
  var logarithm: Double { log(self) }
  var hyperbolicTangent: Double { tanh(self) }
}
