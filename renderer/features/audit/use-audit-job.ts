/** The check or the export that was begun last. It goes on while other pages are looked at, and is found again on the way back. */
import { useQuery } from '@tanstack/react-query'
import { create } from 'zustand'
import type { AuditJob } from '../../../shared/schemas/audit.ts'
import { api } from '../../api.ts'

type Kind = AuditJob['kind']
/** Ids of this window's jobs. The core keeps the results until the workspace closes. */
const useJobs = create<Record<Kind, string | null>>()(() => ({ verification: null, export: null }))
export const setJob = (kind: Kind, jobId: string | null): void => useJobs.setState({ [kind]: jobId })

const EVERY_MS = 400

export function useAuditJob(kind: Kind): { readonly job: AuditJob | undefined; readonly error: Error | null } {
  const jobId = useJobs((jobs) => jobs[kind])
  const found = useQuery({
    queryKey: ['get_audit_job', jobId],
    queryFn: ({ signal }) => api.get_audit_job({ job_id: jobId ?? '' }, signal),
    enabled: jobId !== null,
    refetchInterval: (query) =>
      query.state.data === undefined || query.state.data.state === 'running' ? EVERY_MS : false,
  })
  return { job: jobId === null ? undefined : found.data, error: jobId === null ? null : found.error }
}
