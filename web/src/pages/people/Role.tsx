import { Button, Card, CardBody, CardTitle, Checkbox, Gallery, PageSection } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { queryClient, reading, useChange } from '../../api/query.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { useMissing } from '../../components/use-missing.ts'
import { DeletePerson } from './DeletePerson.tsx'
import { RolePermissions } from './RolePermissions.tsx'

/** Entries of the menu, as src/core/identity/roles.ts has them. */
const menuEntries = [
  'dashboard',
  'compute_pool',
  'address_pool',
  'storage_pool',
  'instance',
  'image',
  'media',
  'templates',
  'policies',
  'user',
  'log',
  'visibility',
]

export function Role() {
  return (
    <Needs permission="identity.read">
      <RolePage />
    </Needs>
  )
}

function RolePage() {
  const { t } = useTranslation(['people', 'common'])
  const { role: name } = useParams({ from: '/framed/people/roles/$role' })
  const { dialog, open, close } = useDialog()
  const navigate = useNavigate()
  const refusal = useMissing('identity.write')
  const { data: role, error, refetch } = useQuery(reading('/roles/{name}', { params: { path: { name } } }))
  const save = useChange('put', '/roles/{name}', {
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['/roles/{name}'] }),
  })
  const change = (body: { menu?: string[]; resource?: string[] }) =>
    save.mutate({ params: { path: { name } }, body })
  const shown = role && { ...role, ...(save.isPending ? save.variables.body : {}) }
  return (
    <>
      <PageHead
        title={name}
        crumbs={[{ title: t('roles'), to: '/people/roles' }]}
        actions={
          <Button variant="danger" isAriaDisabled={refusal !== undefined} onClick={() => open('delete')}>
            {t('common:delete')}
          </Button>
        }
      />
      <PageSection isFilled>
        <Refusal error={error} onRetry={() => void refetch()} />
        <Refusal error={save.error} />
        {shown && (
          <Gallery hasGutter minWidths={{ default: '100%', md: '26rem' }}>
            <Card isCompact>
              <CardTitle component="h2">{t('menu')}</CardTitle>
              <CardBody>
                <p>{t('menuText')}</p>
                <div className="choices">
                  {menuEntries.map((entry) => (
                    <Checkbox
                      key={entry}
                      id={`menu-${entry}`}
                      label={entry}
                      isChecked={shown.menu.includes(entry)}
                      isDisabled={refusal !== undefined || save.isPending}
                      onChange={(_, isOn) =>
                        change({
                          menu: isOn ? [...shown.menu, entry] : shown.menu.filter((other) => other !== entry),
                        })
                      }
                    />
                  ))}
                </div>
              </CardBody>
            </Card>
            <RolePermissions
              permissions={shown.resource}
              isDisabled={refusal !== undefined || save.isPending}
              onChange={(resource) => change({ resource })}
            />
          </Gallery>
        )}
      </PageSection>
      {dialog === 'delete' && (
        <DeletePerson
          kind="role"
          name={name}
          onClose={close}
          onDeleted={() => void navigate({ to: '/people/roles' })}
        />
      )}
    </>
  )
}
