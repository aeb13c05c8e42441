/** Meta keeps the contract of all platforms. What only Meta needs stands in meta-adapter.test.ts. */
import { startMeta } from './meta-harness.ts'
import { describePlatformContract } from './platform-contract.ts'

describePlatformContract('Meta', startMeta)
