/** Google Ads keeps the contract that every platform keeps. */
import { startGoogle } from './google-harness.ts'
import { describePlatformContract } from './platform-contract.ts'

describePlatformContract('Google Ads', () => startGoogle())
